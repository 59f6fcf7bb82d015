package dev.pullback.train.huggingface;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pullback.train.InputException;
import dev.pullback.train.model.LanguageModelConfig;
import dev.pullback.train.model.LlamaConfig;
import dev.pullback.train.model.RotaryScaling;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** Llama, Mistral and Qwen2, which is Llama with biases of queries, keys and values. */
final class LlamaFormat implements HubFormat {

  private static final Pattern IGNORED =
      Pattern.compile("(model\\.)?layers\\.[0-9]+\\.self_attn\\.rotary_emb\\.inv_freq");

  private static final String BASE = "rope_theta";
  private static final double USUAL_BASE = 10_000;
  private static final String LLAMA = "llama";
  private static final String MISTRAL = "mistral";
  private static final String QWEN2 = "qwen2";

  /** Where the published code has it, though a file does not say so. */
  private static final int MISTRAL_WINDOW = 4096;

  @Override
  public List<String> types() {
    return List.of(LLAMA, MISTRAL, QWEN2);
  }

  @Override
  public Pattern ignored() {
    return IGNORED;
  }

  @Override
  public String prefix() {
    return "model.";
  }

  @Override
  public Map<String, String> options(HubConfig config) {
    config.require(Map.of("attention_bias", false, "mlp_bias", false, "use_sliding_window", false));
    config.require("hidden_act", "silu");
    if (config.number("partial_rotary_factor", 1) != 1) {
      throw config.wrong("partial_rotary_factor is not 1, which is not supported");
    }
    String type = config.text("model_type");
    int width = config.count("hidden_size");
    int heads = config.count("num_attention_heads");
    Map<String, String> options = new HashMap<>();
    options.put("family", "llama");
    options.put("vocabulary", "" + config.count("vocab_size"));
    options.put("context", "" + config.count("max_position_embeddings"));
    options.put("layers", "" + config.count("num_hidden_layers"));
    options.put("heads", "" + heads);
    options.put(
        "kv-heads",
        ""
            + (type.equals(LLAMA)
                ? config.count("num_key_value_heads", heads)
                : config.count("num_key_value_heads")));
    options.put("head-width", "" + config.count("head_dim", Math.max(1, width / heads)));
    options.put("width", "" + width);
    options.put("inner-width", "" + config.count("intermediate_size"));
    options.put("window", "" + (type.equals(MISTRAL) ? window(config) : 0));
    options.put("tied-head", "" + config.flag("tie_word_embeddings", false));
    options.put("bias", "" + type.equals(QWEN2));
    options.put("layer-norm-eps", "" + config.number("rms_norm_eps", 1e-6));
    options.put("initialization", "gpt2");
    checkLayers(config, type);
    rotary(config, options);
    return options;
  }

  private static int window(HubConfig config) {
    return config.json().path("sliding_window").isNull()
        ? 0
        : config.count("sliding_window", MISTRAL_WINDOW);
  }

  /** Newer files name the attention of each layer. */
  private static void checkLayers(HubConfig config, String type) {
    JsonNode layers = config.json().path("layer_types");
    if (config.has("layer_types") && !layers.isArray()) {
      throw config.wrong("layer_types is no list");
    }
    for (JsonNode layer : layers) {
      String known = type.equals(MISTRAL) && window(config) > 0 ? "sliding" : "full";
      if (!layer.asText().equals(known + "_attention")) {
        throw config.wrong("layer_types has %s, which is not supported".formatted(layer));
      }
    }
  }

  /**
   * One object in transformers 5; two keys in version 4, of which the former is looked at first
   * there, too.
   */
  private static void rotary(HubConfig config, Map<String, String> options) {
    JsonNode scaling = config.json().path("rope_scaling");
    boolean empty = scaling.isObject() && scaling.isEmpty();
    String key = config.has("rope_scaling") && !empty ? "rope_scaling" : "rope_parameters";
    if (!config.has(key)) {
      options.put("rotary-base", "" + config.number(BASE, USUAL_BASE));
      return;
    }
    HubConfig r = config.inner(key);
    if (r.json().properties().stream().anyMatch(entry -> entry.getValue().isObject())) {
      throw config.wrong(key + " has parts for kinds of layers; one for all layers is supported");
    }
    options.put("rotary-base", "" + r.number(BASE, config.number(BASE, USUAL_BASE)));
    String type = r.text("rope_type", r.text("type", "default"));
    switch (type) {
      case "default" -> {}
      case "llama3" ->
          options.put(
              "rotary-scaling",
              "factor=%s low=%s high=%s length=%d"
                  .formatted(
                      r.number("factor", Double.NaN),
                      r.number("low_freq_factor", Double.NaN),
                      r.number("high_freq_factor", Double.NaN),
                      r.count("original_max_position_embeddings")));
      default ->
          throw config.wrong(
              "%s has the type %s; only default and llama3 are supported".formatted(key, type));
    }
  }

  @Override
  public boolean writes(LanguageModelConfig shape) {
    return shape instanceof LlamaConfig;
  }

  @Override
  public void write(LanguageModelConfig shape, ObjectNode json) {
    LlamaConfig llama = (LlamaConfig) shape;
    if (llama.bias() && llama.window() > 0) {
      throw new InputException(
          "this model has biases, as Qwen2, and a window, as Mistral; no form has a place for both");
    }
    String type = llama.bias() ? QWEN2 : llama.window() > 0 ? MISTRAL : LLAMA;
    json.put("model_type", type);
    json.putArray("architectures")
        .add(
            switch (type) {
              case QWEN2 -> "Qwen2ForCausalLM";
              case MISTRAL -> "MistralForCausalLM";
              default -> "LlamaForCausalLM";
            });
    json.put("vocab_size", llama.vocabulary());
    json.put("max_position_embeddings", llama.context());
    json.put("num_hidden_layers", llama.layers());
    json.put("num_attention_heads", llama.heads());
    json.put("num_key_value_heads", llama.kvHeads());
    json.put("head_dim", llama.headWidth());
    json.put("hidden_size", llama.width());
    json.put("intermediate_size", llama.inner());
    json.put("hidden_act", "silu");
    json.put("rms_norm_eps", llama.normEps());
    json.put("tie_word_embeddings", llama.tiedHead());
    json.put("attention_dropout", 0.0);
    json.put("initializer_range", 0.02);
    if (type.equals(MISTRAL)) {
      json.put("sliding_window", llama.window());
    }
    if (type.equals(QWEN2)) {
      json.put("use_sliding_window", false);
    }
    if (type.equals(LLAMA)) {
      json.put("attention_bias", false);
      json.put("mlp_bias", false);
    }
    json.put("rope_theta", llama.rotaryBase());
    RotaryScaling scaling = llama.rotaryScaling();
    if (scaling == null) {
      json.putNull("rope_scaling");
    } else {
      json.putObject("rope_scaling")
          .put("factor", scaling.factor())
          .put("high_freq_factor", scaling.high())
          .put("low_freq_factor", scaling.low())
          .put("original_max_position_embeddings", scaling.length())
          .put("rope_type", "llama3");
    }
  }

  @Override
  public List<HubTensor> tensors(LanguageModelConfig shape) {
    LlamaConfig llama = (LlamaConfig) shape;
    long width = llama.width();
    long inner = llama.inner();
    long queries = (long) llama.heads() * llama.headWidth();
    long keys = (long) llama.kvHeads() * llama.headWidth();
    List<HubTensor> all = new ArrayList<>();
    all.add(HubTensor.of("model.embed_tokens.weight", "wte", llama.vocabulary(), width));
    for (int i = 0; i < llama.layers(); i++) {
      String hub = "model.layers." + i;
      String own = "h." + i;
      all.add(HubTensor.of(hub + ".input_layernorm.weight", own + ".ln1.weight", width));
      projection(all, llama, hub + ".self_attn.q_proj", own + ".attn.q", queries);
      projection(all, llama, hub + ".self_attn.k_proj", own + ".attn.k", keys);
      projection(all, llama, hub + ".self_attn.v_proj", own + ".attn.v", keys);
      all.add(
          HubTensor.of(
              hub + ".self_attn.o_proj.weight", own + ".attn.proj.weight", width, queries));
      all.add(HubTensor.of(hub + ".post_attention_layernorm.weight", own + ".ln2.weight", width));
      all.add(HubTensor.of(hub + ".mlp.gate_proj.weight", own + ".mlp.gate.weight", inner, width));
      all.add(HubTensor.of(hub + ".mlp.up_proj.weight", own + ".mlp.up.weight", inner, width));
      all.add(HubTensor.of(hub + ".mlp.down_proj.weight", own + ".mlp.proj.weight", width, inner));
    }
    all.add(HubTensor.of("model.norm.weight", "ln_f.weight", width));
    if (!llama.tiedHead()) {
      all.add(HubTensor.of("lm_head.weight", "head.weight", llama.vocabulary(), width));
    }
    return all;
  }

  private static void projection(
      List<HubTensor> all, LlamaConfig llama, String hub, String own, long fanOut) {
    all.add(HubTensor.of(hub + ".weight", own + ".weight", fanOut, llama.width()));
    if (llama.bias()) {
      all.add(HubTensor.of(hub + ".bias", own + ".bias", fanOut));
    }
  }
}
