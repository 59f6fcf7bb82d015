package dev.pullback.train.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ai.djl.Device;
import ai.djl.engine.Engine;
import dev.pullback.train.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class DeviceChoiceTest {

  @TempDir private Path folder;

  @ParameterizedTest
  @CsvSource({
    "auto, 0, cpu, -1",
    "auto, 2, gpu, 0",
    "cpu, 2, cpu, -1",
    "gpu, 1, gpu, 0",
    "gpu:0, 1, gpu, 0",
    "gpu:1, 2, gpu, 1",
    "GPU:1, 2, gpu, 1",
  })
  void findsTheDevice(String choice, int gpus, String type, int number) {
    assertEquals(
        Device.of(type, number), DeviceChoice.of(choice).among(gpus, TrainingEngine.PYTORCH));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "gpu | 0 | --device gpu: MXNet sees no GPU (its CUDA libraries and a driver must be there);"
            + " use --device cpu or auto",
        "gpu:1 | 1 | --device gpu:1: MXNet sees one GPU, gpu:0; use --device gpu:0",
        "gpu:3 | 2 | --device gpu:3: MXNet sees 2 GPUs, gpu:0 to gpu:1; use --device gpu:0",
      })
  void saysWhatTheEngineSees(String choice, int gpus, String message) {
    DeviceChoice device = DeviceChoice.of(choice);
    InputException refused =
        assertThrows(InputException.class, () -> device.among(gpus, TrainingEngine.MXNET));
    assertEquals(message, refused.getMessage());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"tpu", "gpu:", "gpu:-1", "gpu:x", "gpu0", "gpu:99999", "cpu:0", "cpu gpu"})
  void refusesWhatIsNoDevice(String text) {
    IllegalArgumentException refused =
        assertThrows(IllegalArgumentException.class, () -> DeviceChoice.of(text));
    assertEquals(
        "'%s' is no device; the devices are auto, cpu, gpu and gpu:N, such as gpu:0"
            .formatted(text),
        refused.getMessage());
  }

  @Test
  void autoIsWhatTheEngineItselfPrefers() {
    assertEquals(
        Engine.getEngine("PyTorch").defaultDevice(),
        DeviceChoice.of("auto").on(TrainingEngine.PYTORCH).device());
  }

  @Test
  void aRunWritesItDownAndMayChangeIt() throws IOException {
    Path file = folder.resolve("config.yaml");
    RunOptions flags = new RunOptions();
    flags.device = DeviceChoice.of("gpu:1");
    Files.writeString(file, RunConfig.resolve(null, flags).toYaml());
    RunConfig read = RunConfig.read(file);
    assertEquals("gpu:1", read.values().get("device"));
    RunOptions other = RunOptions.onEngine(null, DeviceChoice.of("cpu"), null);
    assertEquals("PyTorch on cpu", read.resumedWith(other).backend().toString());
  }

  @Test
  void aRunOfAnEarlierVersionTakesWhatIsThere() throws IOException {
    String whole = RunConfig.resolve(null, new RunOptions()).toYaml();
    Path file =
        Files.writeString(folder.resolve("config.yaml"), whole.replaceAll("(?m)^device: .*\n", ""));
    assertEquals("auto", RunConfig.read(file).values().get("device"));
  }
}
