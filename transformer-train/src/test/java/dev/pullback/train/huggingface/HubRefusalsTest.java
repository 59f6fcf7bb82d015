package dev.pullback.train.huggingface;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pullback.engine.Safetensors;
import dev.pullback.engine.SafetensorsReader;
import dev.pullback.train.InputException;
import dev.pullback.train.config.TrainingEngine;
import dev.pullback.train.model.ModelFile;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What cannot be computed as transformers computes it is refused by its name. */
class HubRefusalsTest {

  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir private Path temporary;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "llama | model_type | \"gemma\" | model_type is gemma; only models of gpt2, llama, mistral, qwen2",
        "gpt2 | tie_word_embeddings | false | biases there, for which GPT-2's form has no place",
        "llama | hidden_act | \"gelu\" | hidden_act is gelu; only silu is supported",
        "llama | attention_bias | true | attention_bias: true is not supported",
        "llama | mlp_bias | true | mlp_bias: true is not supported",
        "llama | partial_rotary_factor | 0.5 | partial_rotary_factor is not 1",
        "llama | quantization_config | {\"bits\": 4} | neither quantised weights nor",
        "llama | auto_map | {} | nor models with code of their own",
        "llama | rope_parameters | {\"rope_type\": \"yarn\", \"rope_theta\": 1e4} | has the type yarn; only default and llama3",
        "llama | rope_parameters | {\"rope_type\": \"llama3\", \"rope_theta\": 1e4, \"original_max_position_embeddings\": 8} | factor must be at least 1",
        "llama | rope_parameters | {\"full_attention\": {}} | has parts for kinds of layers",
        "llama | rope_parameters | 3 | rope_parameters is no object",
        "llama | rope_scaling | \"linear\" | rope_scaling is no object",
        "llama | layer_types | \"sliding_attention\" | layer_types is no list",
        "llama | layer_types | [\"full_attention\", \"sliding_attention\"] | layer_types has",
        "llama | head_dim | 7 | head-width must be even, but is 7",
        "llama | head_dim | 4 | self_attn.q_proj.weight is (32, 32), but should be (16, 32)",
        "llama | num_key_value_heads | 3 | heads must be a multiple of kv-heads",
        "llama | num_hidden_layers | 3 | there is no tensor model.layers.2.input_layernorm.weight",
        "llama | num_hidden_layers | 1 | has tensors that the model of config.json has not: model.layers.1",
        "llama | num_hidden_layers | 2000000000 | are too few for the 2000000000 layers",
        "llama | vocab_size | 299 | vocabulary must be at least the tokenizer's 300, but is 299",
        "llama | vocab_size | 301 | embed_tokens.weight is (300, 32), but should be (301, 32)",
        "llama-tied | tie_word_embeddings | false | there is no tensor lm_head.weight",
        "mistral | layer_types | [\"full_attention\"] | layer_types has \"full_attention\"",
        "qwen2 | use_sliding_window | true | use_sliding_window: true is not supported",
        "qwen2 | num_key_value_heads | null | num_key_value_heads must be a whole number",
        "gpt2 | activation_function | \"relu\" | activation_function is relu; only gelu_new",
        "gpt2 | n_inner | 64 | n_inner is 64; only four times n_embd is supported",
        "gpt2 | scale_attn_weights | false | scale_attn_weights: false is not supported",
        "gpt2 | attn_pdrop | 0.1 | attn_pdrop is not resid_pdrop",
      })
  void refuses(String name, String key, String value, String expected) throws IOException {
    TrainingEngine.PYTORCH.load(0);
    Path folder = HubGolden.folder(name, temporary.resolve("hub"));
    Path file = folder.resolve("config.json");
    ObjectNode json = (ObjectNode) JSON.readTree(file.toFile());
    json.set(key, JSON.readTree(value));
    JSON.writeValue(file.toFile(), json);
    Path out = temporary.resolve("run");
    InputException refused =
        assertThrows(InputException.class, () -> new HubFolder(folder).importTo(out));
    assertTrue(refused.getMessage().contains(expected), refused.getMessage());
    assertTrue(refused.getMessage().startsWith(folder.toString()), refused.getMessage());
    assertFalse(Files.exists(out));
  }

  /** They are of the form of characters, but for what they do beside. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "'normalizer': {'type': 'Lowercase'}, 'model': {'type': 'BPE',",
        "'added_tokens': [{'id': 3, 'content': '<pad>'}], 'model': {'type': 'BPE',",
        "'model': {'type': 'WordLevel',"
      })
  void tokenizersOfOthersAreNotOfCharacters(String form) throws IOException {
    Path folder = HubGolden.folder("llama", temporary.resolve("hub"));
    String json =
        "{'pre_tokenizer': null, 'decoder': {'type': 'Fuse'}, %s 'vocab': {'a': 0, 'b': 1, 'c': 2}}}";
    Files.writeString(folder.resolve("tokenizer.json"), json.formatted(form).replace('\'', '"'));
    InputException e =
        assertThrows(
            InputException.class, () -> new HubFolder(folder).importTo(temporary.resolve("run")));
    assertTrue(e.getMessage().startsWith("cannot read the tokenizer"), e.getMessage());
  }

  @Test
  void aShardThatIsMissingIsNamed() throws IOException {
    Path folder = HubGolden.folder("llama-sharded", temporary.resolve("hub"));
    Files.delete(folder.resolve("model-00003-of-00005.safetensors"));
    InputException refused =
        assertThrows(
            InputException.class, () -> new HubFolder(folder).importTo(temporary.resolve("run")));
    assertTrue(refused.getMessage().contains("model-00003-of-00005"), refused.getMessage());
  }

  /** As published before transformers 4: an output layer that is a copy of the embedding. */
  @Test
  void aCopyOfATiedHeadIsIgnored() throws IOException {
    TrainingEngine.PYTORCH.load(0);
    Path folder = HubGolden.folder("llama", temporary.resolve("hub"));
    set(folder, "tie_word_embeddings", true);
    InputException e =
        assertThrows(
            InputException.class, () -> new HubFolder(folder).importTo(temporary.resolve("other")));
    assertTrue(
        e.getMessage().contains("lm_head.weight differs from model.embed_tokens.weight"),
        e.getMessage());

    Path weights = ModelFile.find(folder);
    try (NDManager manager = NDManager.newBaseManager(null, "PyTorch");
        SafetensorsReader reader = Safetensors.open(weights)) {
      Map<String, NDArray> tensors = new LinkedHashMap<>();
      for (String name : reader.tensors().keySet()) {
        tensors.put(
            name,
            reader.read(
                name.equals("lm_head.weight") ? "model.embed_tokens.weight" : name, manager));
      }
      try (OutputStream out = Files.newOutputStream(temporary.resolve("copy"))) {
        Safetensors.write(tensors, Map.of(), out);
      }
    }
    Files.move(temporary.resolve("copy"), weights, StandardCopyOption.REPLACE_EXISTING);
    assertEquals(
        "true", new HubFolder(folder).importTo(temporary.resolve("run")).values().get("tied-head"));
  }

  private static void set(Path folder, String key, boolean value) throws IOException {
    Path file = folder.resolve("config.json");
    ObjectNode json = (ObjectNode) JSON.readTree(file.toFile());
    JSON.writeValue(file.toFile(), json.put(key, value));
  }

  /** Where transformers finds it, too. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "{`rope_scaling`: {`rope_type`: `default`, `rope_theta`: 500000.0}} | 500000.0",
        "{`rope_parameters`: {`rope_type`: `default`}, `rope_theta`: 50000.0} | 50000.0",
        "{`rope_parameters`: {`rope_type`: `default`, `rope_theta`: 3.0}, `rope_theta`: 5e4} | 3.0",
        "{`rope_parameters`: {`rope_theta`: 3.0}, `rope_scaling`: {`rope_theta`: 7.0}} | 7.0",
        "{`rope_parameters`: {`rope_theta`: 3.0}, `rope_scaling`: null} | 3.0",
        "{} | 10000.0",
      })
  void theBaseOfRotationsIsFoundWhereItStands(String said, double base) throws IOException {
    Path folder = HubGolden.folder("llama", temporary.resolve("hub"));
    Path file = folder.resolve("config.json");
    ObjectNode json = (ObjectNode) JSON.readTree(file.toFile());
    json.remove(List.of("rope_parameters", "rope_scaling", "rope_theta"));
    json.setAll((ObjectNode) JSON.readTree(said.replace('`', '"')));
    JSON.writeValue(file.toFile(), json);
    HubConfig config = HubConfig.read(file);
    assertEquals("" + base, HubFormats.of(config).options(config).get("rotary-base"));
  }

  @Test
  void aPointerOfGitLfsIsNamed() throws IOException {
    Path folder = HubGolden.folder("llama", temporary.resolve("hub"));
    Files.writeString(
        ModelFile.find(folder), "version https://git-lfs.github.com/spec/v1\noid sha256:1\n");
    InputException e =
        assertThrows(
            InputException.class, () -> new HubFolder(folder).importTo(temporary.resolve("run")));
    assertTrue(e.getMessage().contains("git lfs pull"), e.getMessage());
  }
}
