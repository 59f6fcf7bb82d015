package dev.pullback.train.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.pullback.engine.Safetensors;
import dev.pullback.engine.SafetensorsReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code export --to NAME.gguf}, read here by another hand than the one that writes it. */
class GgufTest {

  private static final String LLAMA =
      "--family llama --layers 1 --heads 2 --kv-heads 1 --head-width 8 --width 16 --inner-width 24"
          + " --context 16 --batch 4 --max-steps 3 --eval-interval 3 --warmup-steps 2"
          + " --tokenizer bpe:260 --vocabulary 262 ";

  @TempDir private Path folder;
  private Path run;
  private Path file;

  @BeforeEach
  void name() {
    run = folder.resolve("run");
    file = folder.resolve("model.gguf");
  }

  private void train(String options) throws IOException {
    InProcess.run(
        "train --data %s --out %s %s".formatted(InProcess.writeText(folder), run, options));
  }

  private String export() {
    return "export --run %s --to %s".formatted(run, file);
  }

  /** As imported models say it: documents end with one token, answers with another. */
  @Test
  void endsAreThoseOfTheModel() throws IOException {
    train(LLAMA);
    Files.writeString(
        run.resolve("checkpoints/step-00000003/conventions.json"),
        """
        {"end_tokens": [1, 5], "chat_template": "{{ messages[0].content }}",
         "special_tokens": {"bos_token": "#", "eos_token": "!"}}
        """);
    InProcess.run(export());
    Map<String, Object> values = Content.read(file).values();
    assertEquals(1, values.get("tokenizer.ggml.eos_token_id"));
    assertEquals(5, values.get("tokenizer.ggml.eot_token_id"));
    assertEquals(3, values.get("tokenizer.ggml.bos_token_id"));
    assertEquals(false, values.get("tokenizer.ggml.add_bos_token"));
    assertEquals("{{ messages[0].content }}", values.get("tokenizer.chat_template"));
  }

  /** What a file holds: values by key, and tensors as {@code dims} and numbers. */
  private record Content(Map<String, Object> values, Map<String, List<Object>> tensors) {

    static Content read(Path file) throws IOException {
      ByteBuffer in = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
      assertEquals(0x46554747, in.getInt());
      assertEquals(3, in.getInt());
      long tensorCount = in.getLong();
      long valueCount = in.getLong();
      Map<String, Object> values = new LinkedHashMap<>();
      for (long i = 0; i < valueCount; i++) {
        values.put(text(in), value(in, in.getInt()));
      }
      Map<String, List<Object>> tensors = new LinkedHashMap<>();
      Map<String, Long> offsets = new LinkedHashMap<>();
      for (long i = 0; i < tensorCount; i++) {
        String name = text(in);
        long[] dims = new long[in.getInt()];
        for (int d = 0; d < dims.length; d++) {
          dims[d] = in.getLong();
        }
        assertEquals(0, in.getInt(), "F32");
        offsets.put(name, in.getLong());
        tensors.put(name, new ArrayList<>(List.of(dims)));
      }
      int start = (in.position() + 31) / 32 * 32;
      long end = 0;
      for (Map.Entry<String, List<Object>> tensor : tensors.entrySet()) {
        long offset = offsets.get(tensor.getKey());
        assertEquals(end, offset, tensor.getKey());
        long[] dims = (long[]) tensor.getValue().get(0);
        float[] numbers = new float[(int) (dims[0] * (dims.length > 1 ? dims[1] : 1))];
        in.position((int) (start + offset));
        in.slice().order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(numbers);
        tensor.getValue().add(numbers);
        end = (offset + 4L * numbers.length + 31) / 32 * 32;
      }
      assertEquals(in.capacity(), start + end);
      return new Content(values, tensors);
    }

    private static String text(ByteBuffer in) {
      byte[] utf8 = new byte[(int) in.getLong()];
      in.get(utf8);
      return new String(utf8, StandardCharsets.UTF_8);
    }

    private static Object value(ByteBuffer in, int type) {
      return switch (type) {
        case 4, 5 -> in.getInt();
        case 6 -> in.getFloat();
        case 7 -> in.get() != 0;
        case 8 -> text(in);
        case 9 -> {
          int inner = in.getInt();
          long size = in.getLong();
          List<Object> all = new ArrayList<>();
          for (long i = 0; i < size; i++) {
            all.add(value(in, inner));
          }
          yield all;
        }
        default -> throw new AssertionError(type);
      };
    }

    float[] numbers(String tensor) {
      return (float[]) tensors.get(tensor).get(1);
    }

    long[] dims(String tensor) {
      return (long[]) tensors.get(tensor).get(0);
    }
  }

  private Map<String, float[]> weights() throws IOException {
    Map<String, float[]> weights = new LinkedHashMap<>();
    Path checkpoint = run.resolve("checkpoints").resolve("step-00000003");
    try (NDManager manager = NDManager.newBaseManager();
        SafetensorsReader reader = Safetensors.open(checkpoint.resolve("model.safetensors"))) {
      for (String name : reader.tensors().keySet()) {
        try (NDArray array = reader.read(name, manager)) {
          weights.put(name, array.toFloatArray());
        }
      }
    }
    return weights;
  }

  @Test
  void aLlamaHasItsQueriesInPairs() throws IOException {
    train(LLAMA + "--tied-head false");
    InProcess.run(export());
    Content content = Content.read(file);
    Map<String, float[]> weights = weights();

    assertEquals("llama", content.values().get("general.architecture"));
    assertEquals(1, content.values().get("llama.attention.head_count_kv"));
    assertEquals(8, content.values().get("llama.rope.dimension_count"));
    assertEquals(1e-5f, content.values().get("llama.attention.layer_norm_rms_epsilon"));
    assertEquals("gpt-2", content.values().get("tokenizer.ggml.pre"));
    assertEquals(0, content.values().get("tokenizer.ggml.eos_token_id"));
    assertFalse(content.values().containsKey("tokenizer.ggml.eot_token_id"));
    assertFalse(content.values().containsKey("tokenizer.chat_template"));
    assertEquals(false, content.values().get("tokenizer.ggml.add_bos_token"));
    List<?> tokens = (List<?>) content.values().get("tokenizer.ggml.tokens");
    List<?> kinds = (List<?>) content.values().get("tokenizer.ggml.token_type");
    assertEquals(262, tokens.size());
    assertEquals(List.of("<|endoftext|>", "!"), tokens.subList(0, 2));
    assertEquals("[PAD261]", tokens.get(261));
    assertEquals(List.of(3, 1), kinds.subList(0, 2));
    assertEquals(5, kinds.get(261));
    List<?> merges = (List<?>) content.values().get("tokenizer.ggml.merges");
    assertEquals(3, merges.size());
    String tokenizer = Files.readString(run.resolve("checkpoints/step-00000003/tokenizer.json"));
    String first = merges.get(0).toString().replace(" ", "\",\"");
    assertTrue(tokenizer.contains("\"merges\":[[\"" + first), first);

    assertEquals(weights.size(), content.tensors().size());
    assertArrayEquals(weights.get("wte"), content.numbers("token_embd.weight"));
    assertArrayEquals(weights.get("head.weight"), content.numbers("output.weight"));
    assertArrayEquals(weights.get("ln_f.weight"), content.numbers("output_norm.weight"));
    assertArrayEquals(weights.get("h.0.attn.v.weight"), content.numbers("blk.0.attn_v.weight"));
    assertArrayEquals(weights.get("h.0.mlp.proj.weight"), content.numbers("blk.0.ffn_down.weight"));
    assertArrayEquals(new long[] {24, 16}, content.dims("blk.0.ffn_down.weight"));
    for (String part : List.of("q", "k")) {
      float[] own = weights.get("h.0.attn.%s.weight".formatted(part));
      float[] written = content.numbers("blk.0.attn_%s.weight".formatted(part));
      for (int row = 0; row < own.length / 16; row++) {
        int place = row % 8;
        // Row i of the first half of a head comes to 2i, row i of the second half to 2i + 1.
        int to = row - place + 2 * (place % 4) + place / 4;
        for (int column = 0; column < 16; column++) {
          assertEquals(own[16 * row + column], written[16 * to + column]);
        }
      }
    }
  }

  @Test
  void aGptHasBiasesOfZeroIfItHasNone() throws IOException {
    train(InProcess.tiny("--max-steps 3 --gelu tanh --bias false --tokenizer bpe:260"));
    InProcess.run(export());
    Content content = Content.read(file);
    Map<String, float[]> weights = weights();

    assertEquals("gpt2", content.values().get("general.architecture"));
    assertArrayEquals(weights.get("wpe"), content.numbers("position_embd.weight"));
    assertArrayEquals(weights.get("h.0.attn.qkv.weight"), content.numbers("blk.0.attn_qkv.weight"));
    assertArrayEquals(new long[] {16, 48}, content.dims("blk.0.attn_qkv.weight"));
    assertArrayEquals(weights.get("h.0.mlp.fc.weight"), content.numbers("blk.0.ffn_up.weight"));
    assertArrayEquals(new float[48], content.numbers("blk.0.attn_qkv.bias"));
    assertFalse(content.tensors().containsKey("output.weight"), "the head is tied");
  }

  @Test
  void refusesWhatHasNoPlace() throws IOException {
    train(InProcess.TINY + " --gelu tanh");
    assertTrue(InProcess.refused(export()).contains("no form for a tokenizer of characters"));
    assertFalse(Files.exists(file));
    String again = "train --out %s --data %s ".formatted(run, folder.resolve("text.txt"));
    for (Map.Entry<String, String> refused :
        Map.of(
                LLAMA + "--window 4", "the window of this model",
                LLAMA + "--rotary-scaling factor=8,low=1,high=4,length=8", "rotary scaling",
                InProcess.TINY + " --tokenizer bpe:260 --gelu erf", "GELU erf")
            .entrySet()) {
      run = folder.resolve("run" + refused.getValue().hashCode());
      List<String> words = new ArrayList<>(List.of((again + refused.getKey()).split(" +")));
      words.replaceAll(word -> word.replace(",", " "));
      words.set(2, run.toString());
      InProcess.run(words);
      assertTrue(InProcess.refused(export()).contains(refused.getValue()), refused.getValue());
      assertFalse(Files.exists(file));
    }
    Files.writeString(file, "mine");
    assertTrue(InProcess.refused(export()).endsWith("model.gguf exists; choose another --to"));
    assertEquals("mine", Files.readString(file));
  }
}
