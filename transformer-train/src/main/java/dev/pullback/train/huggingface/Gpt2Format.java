package dev.pullback.train.huggingface;

import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pullback.train.InputException;
import dev.pullback.train.model.Gelu;
import dev.pullback.train.model.GptConfig;
import dev.pullback.train.model.LanguageModelConfig;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * GPT-2. Its linear layers but the head are stored [fan-in, fan-out]. It always has biases; those
 * that a model has not are written as zeros.
 */
final class Gpt2Format implements HubFormat {

  private static final Pattern IGNORED =
      Pattern.compile("(transformer\\.)?h\\.[0-9]+\\.attn\\.(bias|masked_bias)");

  @Override
  public List<String> types() {
    return List.of("gpt2");
  }

  @Override
  public Pattern ignored() {
    return IGNORED;
  }

  @Override
  public String prefix() {
    return "transformer.";
  }

  @Override
  public Map<String, String> options(HubConfig config) {
    config.require(
        Map.of(
            "scale_attn_weights",
            true,
            "scale_attn_by_inverse_layer_idx",
            false,
            "add_cross_attention",
            false));
    if (!config.flag("tie_word_embeddings", true)) {
      throw config.wrong(
          "tie_word_embeddings is false; a GPT with an output layer of its own has biases there,"
              + " for which GPT-2's form has no place");
    }
    int width = config.count("n_embd");
    if (config.count("n_inner", 4 * width) != 4 * width) {
      throw config.wrong(
          "n_inner is %d; only four times n_embd is supported".formatted(config.count("n_inner")));
    }
    double dropout = config.number("resid_pdrop", 0.1);
    for (String key : List.of("embd_pdrop", "attn_pdrop")) {
      if (config.number(key, 0.1) != dropout) {
        throw config.wrong(
            "%s is not resid_pdrop, and there is one --dropout for all".formatted(key));
      }
    }
    Map<String, String> options = new HashMap<>();
    options.put("family", "gpt");
    options.put("vocabulary", "" + config.count("vocab_size"));
    options.put("context", "" + config.count("n_positions"));
    options.put("layers", "" + config.count("n_layer"));
    options.put("heads", "" + config.count("n_head"));
    options.put("width", "" + width);
    options.put("dropout", "" + dropout);
    options.put("tied-head", "true");
    options.put("bias", "true");
    options.put("gelu", gelu(config));
    options.put("layer-norm-eps", "" + config.number("layer_norm_epsilon", 1e-5));
    options.put("initialization", "gpt2");
    return options;
  }

  private static String gelu(HubConfig config) {
    String name = config.text("activation_function", "gelu_new");
    return switch (name) {
      case "gelu_new", "gelu_pytorch_tanh" -> "tanh";
      case "gelu" -> "erf";
      default ->
          throw config.wrong(
              "activation_function is %s; only gelu_new, gelu_pytorch_tanh and gelu are supported"
                  .formatted(name));
    };
  }

  @Override
  public boolean writes(LanguageModelConfig shape) {
    return shape instanceof GptConfig;
  }

  @Override
  public void write(LanguageModelConfig shape, ObjectNode json) {
    GptConfig gpt = (GptConfig) shape;
    if (!gpt.tiedHead() && gpt.bias()) {
      throw new InputException(
          "the head of this model has biases, for which GPT-2's form has no place; train with"
              + " --tied-head true or --bias false");
    }
    json.put("model_type", "gpt2");
    json.putArray("architectures").add("GPT2LMHeadModel");
    json.put("vocab_size", gpt.vocabulary());
    json.put("n_positions", gpt.context());
    json.put("n_layer", gpt.layers());
    json.put("n_head", gpt.heads());
    json.put("n_embd", gpt.width());
    json.putNull("n_inner");
    json.put("activation_function", gpt.gelu() == Gelu.TANH ? "gelu_new" : "gelu");
    json.put("layer_norm_epsilon", gpt.layerNormEps());
    for (String key : List.of("resid_pdrop", "embd_pdrop", "attn_pdrop")) {
      json.put(key, gpt.dropout());
    }
    json.put("tie_word_embeddings", gpt.tiedHead());
    json.put("initializer_range", 0.02);
  }

  @Override
  public List<HubTensor> tensors(LanguageModelConfig shape) {
    GptConfig gpt = (GptConfig) shape;
    long width = gpt.width();
    List<HubTensor> all = new ArrayList<>();
    all.add(HubTensor.of("transformer.wte.weight", "wte", gpt.vocabulary(), width));
    all.add(HubTensor.of("transformer.wpe.weight", "wpe", gpt.context(), width));
    for (int i = 0; i < gpt.layers(); i++) {
      String hub = "transformer.h." + i;
      String own = "h." + i;
      norm(all, gpt, hub + ".ln_1", own + ".ln1");
      linear(all, gpt, hub + ".attn.c_attn", own + ".attn.qkv", width, 3 * width);
      linear(all, gpt, hub + ".attn.c_proj", own + ".attn.proj", width, width);
      norm(all, gpt, hub + ".ln_2", own + ".ln2");
      linear(all, gpt, hub + ".mlp.c_fc", own + ".mlp.fc", width, 4 * width);
      linear(all, gpt, hub + ".mlp.c_proj", own + ".mlp.proj", 4 * width, width);
    }
    norm(all, gpt, "transformer.ln_f", "ln_f");
    if (!gpt.tiedHead()) {
      all.add(HubTensor.of("lm_head.weight", "head.weight", gpt.vocabulary(), width));
    }
    return all;
  }

  private static void norm(List<HubTensor> all, GptConfig gpt, String hub, String own) {
    all.add(HubTensor.of(hub + ".weight", own + ".weight", gpt.width()));
    bias(all, gpt, hub, own, gpt.width());
  }

  private static void linear(
      List<HubTensor> all, GptConfig gpt, String hub, String own, long fanIn, long fanOut) {
    Shape shape = new Shape(fanIn, fanOut);
    all.add(new HubTensor(hub + ".weight", shape, own + ".weight", true));
    bias(all, gpt, hub, own, fanOut);
  }

  private static void bias(List<HubTensor> all, GptConfig gpt, String hub, String own, long width) {
    all.add(HubTensor.of(hub + ".bias", gpt.bias() ? own + ".bias" : null, width));
  }
}
