package dev.pullback.train.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

/**
 * Every mistake on the command line: one line that says it, exit status 2, nothing half-written.
 */
class BadInputTest {

  @TempDir private Path folder;
  private Path text;

  @BeforeEach
  void writeText() throws IOException {
    text = Files.writeString(folder.resolve("text.txt"), "To be, or not to be. ".repeat(50));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--optimizer sophia | no optimizer 'sophia'",
        "--preset gpt5 | no preset 'gpt5'",
        "--dataset wikipedia | unknown data set 'wikipedia'",
        "--lr -0.1 | learning rate must be at least 0",
        "--lr NaN | learning rate must be at least 0",
        "--optimizer sgd_rms --xi -1 | xi must be at least 0",
        "--optimizer sgd_rms --xi NaN | xi must be at least 0",
        "--optimizer sgd_rms --beta 1 | beta must be in [0, 1)",
        "--optimizer sgd_rms --beta NaN | beta must be in [0, 1)",
        "--optimizer sgd_rms --momentum -0.1 | momentum must be in [0, 1)",
        "--optimizer sgd_rms --beta-rms 2 | beta_rms must be in [0, 1)",
        "--optimizer lion --xi 1 | lion has no hyperparameter xi",
        "--weight-decay -1 | weight decay must be at least 0",
        "--weight-decay NaN | weight decay must be at least 0",
        "--beta2 1.5 | beta2 must be in [0, 1)",
        "--max-steps zero | --max-steps",
        "--lr-schedule spiral | --lr-schedule",
        "--context 4096 | too short",
        "--frobnicate | --frobnicate",
        "--engine tensorflow | --engine",
        "--engine MXNet | MXNet is not installed: start with ./pullback",
        "--engine MXNet --kernels native | MXNet has no native kernels",
        "--engine MXNet --precision mixed | use --precision float32 with --engine MXNet",
        "--kernels portable --precision mixed | use --precision float32 with --kernels portable",
        "--precision float16 | --precision",
        "--device tpu | is no device; the devices are auto, cpu, gpu and gpu:N",
        "--device gpu:999 | --device gpu:999: PyTorch sees",
        "--resume | no config.yaml",
        "--config missing.yaml | missing.yaml",
      })
  void trainRefuses(String arguments, String message) {
    boolean named = arguments.contains("--dataset");
    String data = named ? "" : " --data " + text;
    refuses("train --out " + folder.resolve("run") + data + " " + arguments, message);
    assertFalse(Files.exists(folder.resolve("run")), "nothing may be written");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "kmnist | no task 'kmnist'",
        "mnist --optimizers sophia | no optimizer 'sophia'",
        "mnist --device gpu:999 | --device gpu:999: PyTorch sees",
        "mnist --seeds 0 | --seeds must be at least 1",
        "mnist --epochs -1 | --epochs must be at least 0",
        "lowdim --optimizers muon | no searches for least values by muon",
        "ablate-xi --on kmnist | no data set 'kmnist'",
        "ablate-xi --xi -1 | --xi must be at least 0",
        "ablate-clip --clip 0 | --clip must be positive",
        "ablate-xi --rates -1 | --rates must be positive",
        "ablate-xi --warmup 0 | --warmup must be at least 1",
        "ablate-xi --search 3 | --search goes with lowdim and the data sets",
        "shakespeare --engine MXNet --precision mixed | use --precision float32 with --engine MXNet",
      })
  void paperRefuses(String arguments, String message) {
    refuses(
        "paper --out %s --data-dir %s %s"
            .formatted(folder.resolve("paper"), folder.resolve("none"), arguments),
        message);
    assertFalse(Files.exists(folder.resolve("paper")), "nothing may be written");
  }

  @Test
  void refusesAnEmptyFile() throws IOException {
    Files.writeString(text, "");
    refuses("train --data " + text + " --out " + folder.resolve("run"), "empty");
  }

  @Test
  void refusesAFileThatIsNotUtf8() throws IOException {
    Files.write(text, "caf\u00e9".getBytes(StandardCharsets.ISO_8859_1));
    refuses("train --data " + text + " --out " + folder.resolve("run"), "UTF-8");
  }

  @Test
  void refusesUnknownYamlKeys() throws IOException {
    Path yaml = Files.writeString(folder.resolve("options.yaml"), "learning-rat: 1\n");
    refuses(
        "train --data " + text + " --config " + yaml + " --out " + folder.resolve("run"),
        "unknown key 'learning-rat'");
  }

  @Test
  void refusesAnUnwritablePlace() {
    refuses("train --data " + text + " --out " + text.resolve("run"), "cannot write to --out");
  }

  @Test
  void refusesResumeWithoutAPlace() {
    refuses("train --resume", "--out");
  }

  @Test
  void refusesAForeignFolder() throws IOException {
    Path foreign = Files.createDirectory(folder.resolve("photos"));
    Files.writeString(foreign.resolve("holiday.txt"), "sea");
    refuses("train --resume --out " + foreign, "holds no run");
    refuses("train --data " + text + " --out " + foreign, "not empty");
    refuses("sample --run " + foreign, "holds no run");
  }

  @Test
  void refusesAnotherRegressionSet() throws IOException {
    Path wrong = Files.createDirectories(folder.resolve("sets/regression"));
    Files.writeString(wrong.resolve("polynomial.f32"), "1 2 3");
    refuses(
        "paper --out %s --data-dir %s regression"
            .formatted(folder.resolve("paper"), folder.resolve("sets")),
        "polynomial.f32 is not the regression set");
    assertFalse(Files.exists(folder.resolve("paper")), "nothing may be written");
  }

  @Test
  void refusesADataSetWithAnotherChecksum() throws IOException {
    Path wrong = Files.createDirectories(folder.resolve("sets/tinyshakespeare"));
    Files.writeString(wrong.resolve("input.txt"), "Now is the winter");
    refuses(
        "train --data-dir " + folder.resolve("sets") + " --out " + folder.resolve("run"),
        "86c4e6aa9db7c042ec79f339dcb96d42b0075e16b8fc2e86bf0ca57e2dc565ed");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "sample | --run",
        "sample --run x --temperature -1 | temperature",
        "sample --run x --temperature NaN | temperature",
        "sample --run x --top-k -2 | top-k",
        "sample --run x --tokens -5 | tokens",
        "sample --run x --top-p 0 | top-p",
        "sample --run x --min-p 2 | min-p",
        "sample --run x --repetition-penalty 0 | repetition penalty",
        "sample --run x --stop= | a stop string is empty",
        "sample --run x --samples 0 | samples",
        "plot | RUN",
        "plot nowhere | holds no run",
        "fly | fly",
      })
  void otherCommandsRefuse(String arguments, String message) {
    refuses(arguments, message);
  }

  private static void refuses(String arguments, String expected) {
    StringWriter err = new StringWriter();
    StringWriter out = new StringWriter();
    CommandLine commandLine =
        Main.commandLine().setErr(new PrintWriter(err)).setOut(new PrintWriter(out));
    int status = commandLine.execute(arguments.trim().split("\\s+", -1));
    assertEquals(2, status, err.toString());
    String complaint =
        err.toString().lines().filter(l -> l.startsWith("pullback: ")).findFirst().orElse("");
    assertTrue(complaint.contains(expected), err.toString());
    assertFalse(err.toString().contains("\tat "), "no stack trace: " + err);
    assertEquals("", out.toString());
  }
}
