package dev.pullback.train.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code import}, {@code export} and {@code train --from}. */
class HubCommandsTest {

  private static final String LLAMA =
      "--family llama --layers 1 --heads 2 --kv-heads 1 --head-width 8 --width 16 --inner-width 24"
          + " --context 16 --batch 4 --max-steps 3 --eval-interval 3 --warmup-steps 2";

  @TempDir private Path folder;
  private Path text;
  private Path run;

  @BeforeEach
  void write() throws IOException {
    text = InProcess.writeText(folder);
    run = folder.resolve("run");
  }

  private Path path(String name) {
    return folder.resolve(name);
  }

  private void train(String options) {
    InProcess.run("train --data %s --out %s %s".formatted(text, run, options));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        InProcess.TINY,
        InProcess.TINY + " --bias true --gelu tanh --tokenizer bpe:260",
        LLAMA + " --bias true --tied-head false --tokenizer bpe:260 --vocabulary 300",
        LLAMA + " --window 4",
      })
  void whatIsExportedAndImportedIsTheSame(String options) throws IOException {
    train(options);
    InProcess.run("export --run %s --to %s".formatted(run, path("hub")));
    InProcess.run("import %s --out %s".formatted(path("hub"), path("again")));
    String sample = "sample --prompt be --tokens 30 --temperature 0 --run ";
    assertEquals(InProcess.run(sample + run), InProcess.run(sample + path("again")));
    InProcess.run("export --run %s --to %s".formatted(path("again"), path("hub2")));
    assertEquals(InProcess.content(path("hub")), InProcess.content(path("hub2")));
    String json = Files.readString(path("hub/config.json"));
    assertTrue(json.contains("\"model_type\" : "), json);
    Map<String, Integer> before = InProcess.content(path("hub"));
    assertTrue(
        InProcess.refused("export --run %s --to %s".formatted(run, path("hub")))
            .endsWith("hub is not empty; choose another --to"));
    assertEquals(before, InProcess.content(path("hub")));
  }

  /** The loss goes on from where the other run's was, with its shape, tokenizer and weights. */
  @Test
  void aRunBeginsWithAnother() throws IOException {
    train(LLAMA);
    Path more = path("more");
    String from = "train --data %s --out %s --from %s".formatted(text, more, run);
    InProcess.run(from + " --max-steps 4 --warmup-steps 0 --lr 0 --eval-interval 2 --batch 4");
    List<String> first = InProcess.metrics(run);
    String last =
        first.stream().filter(l -> l.contains("\"validation\"")).reduce((a, b) -> b).get();
    for (String line : InProcess.metrics(more)) {
      if (line.contains("\"validation\"")) {
        assertEquals(loss(last), loss(line));
      }
    }
    String config = Files.readString(more.resolve("config.yaml"));
    assertTrue(config.contains("preset: \"finetune\""), config);
    assertTrue(config.contains("kv-heads: 1"), config);
    // It needs the other no more.
    Files.move(run, path("moved"));
    InProcess.run("train --resume --max-steps 6 --out " + more);
  }

  private static String loss(String line) {
    return line.replaceAll(".*\"loss\":([^,}]*).*", "$1");
  }

  @Test
  void refusesWhatDoesNotFit() throws IOException {
    train(InProcess.TINY);
    String from = "train --data %s --out %s --from ".formatted(text, path("more"));
    assertTrue(InProcess.refused(from + path("none")).contains("none"));
    assertTrue(InProcess.refused(from + run + " --layers 2").contains("does not fit the model"));
    assertTrue(InProcess.refused(from + run + " --family llama").contains("means nothing"));
    assertTrue(
        InProcess.refused(from + run + " --tokenizer bpe:260")
            .contains("has another tokenizer than the text"));
    assertTrue(
        InProcess.refused("train --task regression --from %s --out %s".formatted(run, path("more")))
            .contains("leave out from"));
    InProcess.run("export --run %s --to %s".formatted(run, path("hub")));
    assertTrue(
        InProcess.refused(from + path("hub")).contains("import it first"),
        InProcess.refused(from + path("hub")));
    assertFalse(Files.exists(path("more/config.yaml")));
    assertTrue(
        InProcess.refused("import %s --out %s".formatted(path("hub"), run)).contains("--out"));
    Files.delete(path("hub/tokenizer.json"));
    String refused = InProcess.refused("import %s --out %s".formatted(path("hub"), path("new")));
    assertTrue(refused.contains("hub/tokenizer.json: no such file"), refused);
    assertFalse(Files.exists(path("new")));
  }

  @Test
  void aHeadWithBiasesHasNoPlaceInGpt2() {
    train(InProcess.TINY + " --bias true --tied-head false");
    String refused = InProcess.refused("export --run %s --to %s".formatted(run, path("hub")));
    assertTrue(refused.contains("the head of this model has biases"), refused);
  }

  @Test
  void onlyModelsOfTextAreExported() {
    InProcess.run(
        "train --task regression --epochs 1 --threads 1 --out %s --data-dir %s"
            .formatted(run, path("none")));
    String refused = InProcess.refused("export --run %s --to %s".formatted(run, path("hub")));
    assertTrue(refused.contains("trained regression; only models of text"), refused);
  }
}
