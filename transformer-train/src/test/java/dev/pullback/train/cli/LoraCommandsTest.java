package dev.pullback.train.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.pullback.engine.Safetensors;
import dev.pullback.engine.SafetensorsReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code train --from --lora}, and what becomes of such a run. */
class LoraCommandsTest {

  private static final String LLAMA =
      "--family llama --layers 2 --heads 2 --kv-heads 1 --head-width 8 --width 16 --inner-width 24"
          + " --context 16 --batch 4 --max-steps 3 --eval-interval 3 --warmup-steps 2";

  private static final String STEPS =
      " --batch 4 --eval-interval 3 --save-interval 3 --warmup-steps 1 --lr 0.01";

  @TempDir private Path folder;
  private Path text;
  private Path base;
  private Path run;

  @BeforeEach
  void write() throws IOException {
    text = InProcess.writeText(folder);
    base = folder.resolve("base");
    run = folder.resolve("run");
  }

  private void base(String options) {
    InProcess.run("train --data %s --out %s %s".formatted(text, base, options));
  }

  private void adapt(Path out, String options) {
    InProcess.run(from(base, out) + STEPS + " --max-steps 6 --lora 2 " + options);
  }

  private String from(Path begin, Path out) {
    return "train --data %s --out %s --from %s".formatted(text, out, begin);
  }

  private static SafetensorsReader open(Path run, String file) throws IOException {
    Path checkpoints = run.resolve("checkpoints");
    Path latest = checkpoints.resolve(Files.readString(checkpoints.resolve("latest")).strip());
    return Safetensors.open(latest.resolve(file));
  }

  private static Map<String, float[]> weights(Path run) throws IOException {
    Map<String, float[]> tensors = new TreeMap<>();
    try (NDManager manager = NDManager.newBaseManager();
        SafetensorsReader reader = open(run, "model.safetensors")) {
      for (String name : reader.tensors().keySet()) {
        try (NDArray array = reader.read(name, manager)) {
          tensors.put(name, array.toFloatArray());
        }
      }
    }
    return tensors;
  }

  private static List<String> validations(Path run) throws IOException {
    return InProcess.metrics(run).stream()
        .filter(line -> line.contains("\"validation\""))
        .map(line -> line.replaceAll(".*\"loss\":([^,}]*).*", "$1"))
        .toList();
  }

  private static String sample(Path run) {
    return InProcess.run("sample --prompt be --tokens 30 --temperature 0 --run " + run);
  }

  /** It has all it needs: weights, adapters and tokenizer. */
  @Test
  void aRunGoesOnWithoutTheOneItBeganWith() throws IOException {
    base(LLAMA);
    adapt(run, "");
    Files.move(base, folder.resolve("elsewhere"));
    InProcess.run("train --resume --max-steps 9 --out " + run);
    Files.move(run, folder.resolve("moved"));
    String text = InProcess.run("train --resume --max-steps 12 --out " + folder.resolve("moved"));
    assertTrue(text.contains("Validation loss"), text);
  }

  @ParameterizedTest
  @ValueSource(strings = {InProcess.TINY + " --tied-head false", LLAMA})
  void weightsStayAndAdaptersLearn(String options) throws IOException {
    base(options);
    adapt(run, "--lora-targets all");

    Map<String, float[]> before = weights(base);
    Map<String, float[]> after = weights(run);
    before.forEach((name, values) -> assertArrayEquals(values, after.remove(name), name));
    int matrices = options.equals(LLAMA) ? 14 : 4;
    assertEquals(2 * matrices, after.size());
    after.forEach(
        (name, values) -> {
          boolean moved = false;
          for (float value : values) {
            moved |= value != 0;
          }
          assertTrue(moved && name.matches("h\\.\\d\\.(attn|mlp)\\..*\\.lora_[ab]"), name);
        });
    try (SafetensorsReader state = open(run, "optimizer.safetensors")) {
      Set<String> names = state.tensors().keySet();
      assertTrue(names.stream().anyMatch(name -> name.contains(".lora_b")), names.toString());
      for (String name : before.keySet()) {
        assertTrue(names.stream().noneMatch(tensor -> tensor.contains(name)), name);
      }
    }
    // Better than where it began: the base's loss.
    List<String> losses = validations(run);
    double last = Double.parseDouble(losses.get(losses.size() - 1));
    List<String> first = validations(base);
    assertTrue(last < Double.parseDouble(first.get(first.size() - 1)), first + " " + losses);
  }

  @Test
  void aRunThatDoesNotMoveHasTheLossOfItsBase() throws IOException {
    base(LLAMA);
    InProcess.run(
        from(base, run)
            + " --batch 4 --max-steps 2 --eval-interval 2 --warmup-steps 0 --lr 0 --lora 4");
    List<String> first = validations(base);
    List<String> losses = validations(run);
    assertEquals(first.get(first.size() - 1), losses.get(losses.size() - 1));
  }

  @ParameterizedTest
  @ValueSource(strings = {"adamw", "muon_metric"})
  void goesOnAsIfItHadNotStopped(String optimizer) throws IOException {
    base(InProcess.TINY);
    String constant = " --lr-schedule constant --optimizer " + optimizer;
    Path parts = folder.resolve("parts");
    InProcess.run(from(base, parts) + STEPS + " --max-steps 3 --lora 2" + constant);
    InProcess.run("train --resume --max-steps 6 --out " + parts);
    adapt(run, constant);

    Map<String, float[]> expected = weights(run);
    weights(parts).forEach((name, values) -> assertArrayEquals(expected.get(name), values, name));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {InProcess.TINY + " --bias true --tokenizer bpe:260", LLAMA + " --bias true"})
  void anExportIsAnOrdinaryModel(String options) throws IOException {
    base(options);
    adapt(run, "--lora-alpha 8");
    Path hub = folder.resolve("hub");
    Path again = folder.resolve("again");
    InProcess.run("export --run %s --to %s".formatted(run, hub));
    InProcess.run("import %s --out %s".formatted(hub, again));

    assertEquals(weights(base).keySet(), weights(again).keySet());
    assertNotEquals(sample(base), sample(again));
    assertEquals(sample(run), sample(again));
    // Another run begins with the model as it computes, with adapters of its own or without.
    for (String more : new String[] {"", " --lora 3"}) {
      Path next = folder.resolve("next" + more.strip().replace(" ", ""));
      InProcess.run(
          from(run, next)
              + " --batch 4 --max-steps 2 --eval-interval 2 --warmup-steps 0 --lr 0"
              + more);
      assertEquals(
          Double.parseDouble(validations(run).get(validations(run).size() - 1)),
          Double.parseDouble(validations(next).get(validations(next).size() - 1)),
          1e-5);
    }
  }

  @Test
  void refusesWhatDoesNotFit() throws IOException {
    base(InProcess.TINY);
    String train = "train --data %s --out %s ".formatted(text, run);
    String from = from(base, run) + " ";
    assertTrue(InProcess.refused(train + "--lora 2").contains("lora needs --from"));
    assertTrue(InProcess.refused(from + "--lora 0").contains("lora must be at least 1, but is 0"));
    assertTrue(InProcess.refused(from + "--lora 2 --lora-alpha -1").contains("lora-alpha must be"));
    assertTrue(InProcess.refused(from + "--lora-targets mlp").contains("goes with --lora only"));
    assertFalse(Files.exists(run.resolve("config.yaml")));
    adapt(run, "");
    assertTrue(
        InProcess.refused("train --resume --lora 3 --out " + run)
            .contains("--lora may not change at --resume"));
  }
}
