package dev.pullback.train.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A configuration file is read no more leniently than flags. */
class ConfigFileTest {

  @TempDir private Path folder;
  private Path text;
  private Path yaml;

  /** A file that must be refused: the line and the key that the message names, and the reason. */
  record Faulty(String content, int line, String key, String reason) {}

  static Stream<Faulty> faults() {
    return Stream.of(
        new Faulty("bias: 2\n", 1, "bias", "is not a boolean"),
        new Faulty("bias: yes\n", 1, "bias", "is not a boolean"),
        new Faulty("lr: 0.1\nbatch: 2\nlr: 0.0001\n", 3, "lr", "stands in line 1 already"),
        new Faulty("seed: \"\"\n", 1, "seed", "has no value"),
        new Faulty("lr-schedule: 1\n", 1, "lr-schedule", "expected one of"),
        new Faulty("max-steps: 2.9\nbatch: 3.7\n", 1, "max-steps", "is not an int"),
        new Faulty("batch: 2\nmax-steps: 3.0\n", 2, "max-steps", "is not an int"),
        new Faulty("max-tokens: 1e6\n", 1, "max-tokens", "is not a long"),
        new Faulty("lr: 0.001\nmax-steps:\n", 2, "max-steps", "there is no value"),
        new Faulty("lr:\n", 1, "lr", "there is no value"),
        new Faulty("warmup-steps: ~\n", 1, "warmup-steps", "there is no value"),
        new Faulty("data: null\n", 1, "data", "there is no value"),
        new Faulty("lr: '  '\n", 1, "lr", "has no value"),
        new Faulty("batch: 99999999999\n", 1, "batch", "is not an int"),
        new Faulty("seed: 99999999999999999999\n", 1, "seed", "is not a long"),
        new Faulty("lr: &rate 0.1\n", 1, "lr", "anchors and aliases"),
        new Faulty("lr: &rate 0.1\nxi: *rate\n", 1, "lr", "anchors and aliases"),
        new Faulty("&key lr: 0.1\n", 1, "lr", "anchors and aliases"),
        new Faulty("lr: [0.1]\n", 1, "lr", "expected one value"),
        new Faulty("batch: 2\nlr:\n  - 0.1\n", 2, "lr", "expected one value"),
        new Faulty("lr: {peak: 0.1}\n", 1, "lr", "expected one value"),
        new Faulty("lr: !rate 0.1\n", 1, "lr", "tags such as !rate"),
        new Faulty("batch: !!float 3\n", 1, "batch", "tags such as"),
        new Faulty("lr: !!str 0.1\n", 1, "lr", "tags such as"),
        new Faulty("data: !!binary dGV4dA==\n", 1, "data", "tags such as"),
        new Faulty("data: \"a\\0b\"\n", 1, "data", "control character"),
        new Faulty("<<: 1\n", 1, "<<", "unknown key"),
        new Faulty("beta_rms: 0.9\n", 1, "beta_rms", "unknown key"),
        new Faulty("batch: 2\nout: runs/a\n", 2, "out", "unknown key"));
  }

  /** Files that are wrong as a whole, and what the message says. */
  static Stream<List<String>> wholes() {
    return Stream.of(
        List.of("lr: 0.1\n---\nbatch: 2\n", "options.yaml holds several documents; keep one"),
        List.of("lr: 0.1\n\tbatch: 2\n", "options.yaml, line 2: "),
        List.of("lr: *rate\n", "options.yaml, line 1: found undefined alias rate"),
        List.of("? [lr, xi]\n: 0.1\n", "options.yaml, line 1: expected 'key: value'"),
        List.of("lr: \"0.1\n", "options.yaml, line "),
        List.of("", "options.yaml is empty"),
        List.of("# nothing\n", "options.yaml: expected lines of the form 'key: value'"),
        List.of("lr 0.1\n", "options.yaml: expected lines of the form 'key: value'"),
        List.of("lr: 0.1\nmax-steps: 2\nepochs: 1\n", "max-steps and epochs exclude each other"),
        List.of("dataset: plays\ndata: a.txt\n", "dataset and data exclude each other"));
  }

  @BeforeEach
  void write() throws IOException {
    text = InProcess.writeText(folder);
    yaml = folder.resolve("options.yaml");
  }

  @ParameterizedTest
  @MethodSource("faults")
  void refusesWithLineAndKey(Faulty faulty) throws IOException {
    String line = refusal(faulty.content());
    assertTrue(line.contains("%s, line %d".formatted(yaml, faulty.line())), line);
    assertTrue(line.contains(faulty.key()), line);
    assertTrue(line.contains(faulty.reason()), line);
  }

  @ParameterizedTest
  @MethodSource("wholes")
  void refusesTheFile(List<String> wrong) throws IOException {
    String line = refusal(wrong.get(0));
    assertTrue(line.contains(wrong.get(1)), line);
  }

  private String refusal(String content) throws IOException {
    Files.writeString(yaml, content);
    String line =
        InProcess.refused("train --config %s --out %s".formatted(yaml, folder.resolve("run")));
    assertEquals(Set.of("text.txt", "options.yaml"), InProcess.content(folder).keySet());
    return line;
  }

  @Test
  void readsWhatFlagsMaySay() throws IOException {
    Files.writeString(
        yaml, "# a comment\nlr: 1e-3\n\"batch\": '2'\ngelu: TANH\nengine: pytorch\ndata: " + text);
    Path run = folder.resolve("run");
    InProcess.run(
        "train --config %s --out %s --layers 1 --width 16 --context 16 --max-steps 2 --warmup-steps 1"
            .formatted(yaml, run));
    List<String> written = Files.readAllLines(run.resolve("config.yaml"));
    for (String line : List.of("lr: 0.001", "batch: 2", "gelu: \"tanh\"", "engine: \"PyTorch\"")) {
      assertTrue(written.contains(line), written.toString());
    }
  }
}
