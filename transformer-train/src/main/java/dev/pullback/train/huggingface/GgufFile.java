package dev.pullback.train.huggingface;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.pullback.tokenizer.TextTokenizer;
import dev.pullback.train.InputException;
import dev.pullback.train.config.DeviceChoice;
import dev.pullback.train.config.RunConfig;
import dev.pullback.train.config.TrainingEngine;
import dev.pullback.train.data.TextConventions;
import dev.pullback.train.data.TokenizerChoice;
import dev.pullback.train.model.Gelu;
import dev.pullback.train.model.GptConfig;
import dev.pullback.train.model.LanguageModelConfig;
import dev.pullback.train.model.LlamaConfig;
import dev.pullback.train.store.AtomicFiles;
import dev.pullback.train.store.Checkpoint;
import dev.pullback.train.store.RunFolder;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/**
 * A model with its tokenizer in one file, as llama.cpp has it, in float32.
 *
 * @param path the file
 */
public record GgufFile(Path path) {

  /** How the files' names end. */
  public static final String ENDING = ".gguf";

  /** Parts of a layer, by their names in Hugging Face's folders. */
  private static final Map<String, String> PARTS =
      Map.ofEntries(
          Map.entry("ln_1", "attn_norm"),
          Map.entry("attn.c_attn", "attn_qkv"),
          Map.entry("attn.c_proj", "attn_output"),
          Map.entry("ln_2", "ffn_norm"),
          Map.entry("mlp.c_fc", "ffn_up"),
          Map.entry("mlp.c_proj", "ffn_down"),
          Map.entry("input_layernorm", "attn_norm"),
          Map.entry("self_attn.q_proj", "attn_q"),
          Map.entry("self_attn.k_proj", "attn_k"),
          Map.entry("self_attn.v_proj", "attn_v"),
          Map.entry("self_attn.o_proj", "attn_output"),
          Map.entry("post_attention_layernorm", "ffn_norm"),
          Map.entry("mlp.gate_proj", "ffn_gate"),
          Map.entry("mlp.up_proj", "ffn_up"),
          Map.entry("mlp.down_proj", "ffn_down"),
          Map.entry("wte", "token_embd"),
          Map.entry("embed_tokens", "token_embd"),
          Map.entry("wpe", "position_embd"),
          Map.entry("ln_f", "output_norm"),
          Map.entry("norm", "output_norm"),
          Map.entry("lm_head", "output"));

  /**
   * Writes the latest model of a run, adapters added to the weights that they belong to.
   *
   * @param run the run
   * @throws InputException if it is no run of a language model, if the form has no place for
   *     something, or if there is such a file
   * @throws IOException if the file cannot be written; there is none then
   */
  public void export(RunFolder run) throws IOException {
    RunConfig config = HubFolder.config(run);
    if (Files.exists(path)) {
      throw new InputException("%s exists; choose another --to".formatted(path));
    }
    try (NDManager manager = DeviceChoice.of("cpu").on(TrainingEngine.PYTORCH).newManager()) {
      run.readLatest(
          checkpoint -> {
            AtomicFiles.replace(path, out -> write(checkpoint, config, manager, out));
            return checkpoint;
          });
    }
  }

  private static void write(
      Checkpoint checkpoint, RunConfig config, NDManager manager, OutputStream out)
      throws IOException {
    TextTokenizer tokenizer = TokenizerChoice.load(checkpoint.file(HubFolder.TOKENIZER));
    LanguageModelConfig shape = config.model(tokenizer.vocabularySize());
    GgufWriter to = new GgufWriter();
    if (shape instanceof LlamaConfig llama) {
      describe(llama, to);
    } else {
      describe((GptConfig) shape, to);
    }
    GgufTokenizer.write(tokenizer, TextConventions.read(checkpoint), shape.vocabulary(), to);
    try (RunWeights weights = RunWeights.open(checkpoint, shape, config.lora())) {
      for (HubTensor tensor : HubFormats.of(shape).tensors(shape)) {
        to.tensor(
            name(tensor.hub()),
            tensor.ownShape(),
            () -> turned(tensor, shape, weights.read(tensor, manager)));
      }
      to.writeTo(out);
    }
  }

  private static String name(String hub) {
    String name = hub.replaceFirst("^(transformer|model)\\.", "");
    String layer = "";
    if (name.matches("(h|layers)\\.[0-9]+\\..*")) {
      String[] split = name.split("\\.", 3);
      layer = "blk." + split[1] + ".";
      name = split[2];
    }
    int dot = name.lastIndexOf('.');
    return layer + PARTS.get(name.substring(0, dot)) + name.substring(dot);
  }

  private static void describe(String architecture, LanguageModelConfig shape, GgufWriter to) {
    to.put("general.architecture", architecture);
    to.put("general.type", "model");
    to.put("general.file_type", 0); // all in float32
    to.put(architecture + ".vocab_size", shape.vocabulary());
    to.put(architecture + ".context_length", shape.context());
    to.put(architecture + ".embedding_length", shape.width());
    to.put(architecture + ".block_count", shape.layers());
  }

  private static void describe(GptConfig gpt, GgufWriter to) {
    if (gpt.gelu() != Gelu.TANH) {
      throw new InputException("a GGUF has no place for the GELU erf; export to a folder");
    }
    if (!gpt.tiedHead() && gpt.bias()) {
      throw new InputException("a GGUF has no place for biases of the head; export to a folder");
    }
    describe("gpt2", gpt, to);
    to.put("gpt2.feed_forward_length", Math.multiplyExact(4, gpt.width()));
    to.put("gpt2.attention.head_count", gpt.heads());
    to.put("gpt2.attention.layer_norm_epsilon", (float) gpt.layerNormEps());
  }

  private static void describe(LlamaConfig llama, GgufWriter to) {
    if (llama.rotaryScaling() != null) {
      throw new InputException("a GGUF of a model with rotary scaling is not supported");
    }
    if (llama.window() > 0) {
      throw new InputException("a GGUF has no place for the window of this model");
    }
    if (llama.bias() && llama.heads() * llama.headWidth() != llama.width()) {
      throw new InputException(
          "a GGUF of Qwen2 has no place for heads whose widths are not the model's in sum");
    }
    String name = llama.bias() ? "qwen2" : "llama";
    describe(name, llama, to);
    to.put(name + ".feed_forward_length", llama.inner());
    to.put(name + ".attention.head_count", llama.heads());
    to.put(name + ".attention.head_count_kv", llama.kvHeads());
    to.put(name + ".attention.key_length", llama.headWidth());
    to.put(name + ".attention.value_length", llama.headWidth());
    to.put(name + ".attention.layer_norm_rms_epsilon", (float) llama.normEps());
    to.put(name + ".rope.dimension_count", llama.headWidth());
    to.put(name + ".rope.freq_base", (float) llama.rotaryBase());
  }

  /**
   * Llama's queries and keys have the two numbers that are turned together beside each other, not
   * half a head apart.
   */
  private static NDArray turned(HubTensor tensor, LanguageModelConfig shape, NDArray weight) {
    if (!(shape instanceof LlamaConfig llama) || llama.bias()) {
      return weight;
    }
    boolean queries = tensor.hub().endsWith("q_proj.weight");
    if (!queries && !tensor.hub().endsWith("k_proj.weight")) {
      return weight;
    }
    long half = llama.headWidth() / 2;
    long heads = queries ? llama.heads() : llama.kvHeads();
    try (weight;
        NDArray split = weight.reshape(new Shape(heads, 2, half, llama.width()));
        NDArray pairs = split.transpose(0, 2, 1, 3);
        NDArray rows = pairs.flatten()) {
      return rows.reshape(weight.getShape());
    }
  }
}
