package dev.pullback.train.loop;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.TrainingDivergedException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.pullback.optim.Kernels;
import dev.pullback.train.InputException;
import dev.pullback.train.study.ResultRow;
import dev.pullback.train.study.Rows;
import dev.pullback.train.study.Trial;
import dev.pullback.train.task.Subject;
import dev.pullback.train.task.TinyWorkload;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

public class EpochTrialTest {

  private static final Map<String, Double> VALUES = Map.of("lr", 0.01);

  @TempDir private Path folder;

  @Test
  void goesOnWhereItWasStopped() throws IOException {
    Path whole = Files.createDirectory(folder.resolve("whole"));
    Path parts = Files.createDirectory(folder.resolve("parts"));
    assertTrue(train(whole, VALUES, 4, () -> false));
    assertTrue(train(parts, VALUES, 2, () -> false));
    AtomicInteger asked = new AtomicInteger();
    assertFalse(train(parts, VALUES, 4, () -> asked.incrementAndGet() > 2), "stopped in epoch 3");
    assertTrue(train(parts, VALUES, 4, () -> false));
    for (String file : List.of("steps.jsonl", "epochs.jsonl")) {
      assertEquals(withoutSeconds(whole, file), withoutSeconds(parts, file));
    }
  }

  @Test
  void aDivergedTrialSaysSoAndItsRowCounts() throws IOException {
    Trial trial = trial("sgd", Map.of("lr", 1e30));
    TrainingDivergedException failure =
        assertThrows(TrainingDivergedException.class, () -> train(trial, folder, 4, () -> false));
    ResultRow row = Rows.of(trial, TinyWorkload.SUBJECT, folder, failure.getMessage(), null);
    assertTrue(row.failed());
    assertFalse(row.failure().isBlank());
  }

  @Test
  void warmsTheLearningRateUp() throws IOException {
    Map<String, Double> values = Map.of("lr", 0.5, "warmup_steps", 4.0);
    assertTrue(train(trial("sgd", values), folder, 2, () -> false));
    List<Double> rates = new ArrayList<>();
    for (String line : Files.readAllLines(folder.resolve("steps.jsonl"))) {
      rates.add(new ObjectMapper().readTree(line).path("learningRate").asDouble());
    }
    assertEquals(List.of(0.125, 0.25, 0.375, 0.5, 0.5, 0.5), rates);
  }

  @Test
  void theRowHasTheBestAndTheLast() throws IOException {
    Files.writeString(
        folder.resolve("epochs.jsonl"),
        """
        {"epoch":1,"step":3,"seconds":1,"loss":2,"paper":0.5,"full":0.6}
        {"epoch":2,"step":6,"seconds":2,"loss":1,"paper":0.2,"full":0.3}
        {"epoch":3,"step":9,"seconds":3,"loss":1,"paper":0.4,"full":0.1}
        """);
    ResultRow row = Rows.of(trial("sgd", VALUES), TinyWorkload.SUBJECT, folder, null, null);
    assertEquals(0.2, row.best());
    assertEquals(0.4, row.last());
    assertEquals(0.1, row.bestFull());
    assertNull(row.steps(), "there is nothing to converge to");
    assertEquals(9, row.trainingSteps());
    assertEquals(3, row.epochs());
  }

  @Test
  void refusesToGoOnWithOtherData() throws IOException {
    assertTrue(train(folder, VALUES, 1, () -> false));
    Subject.Data more = new Subject.Data(25, TinyWorkload::new);
    InputException e =
        assertThrows(
            InputException.class,
            () ->
                EpochTrial.open(trial("adam", VALUES), more, folder, Kernels.PORTABLE, line -> {}));
    assertTrue(e.getMessage().contains("trained on 24 examples, the data folder has 25"));
  }

  private static boolean train(
      Path folder, Map<String, Double> values, int epochs, BooleanSupplier stop)
      throws IOException {
    return train(trial("adam", values), folder, epochs, stop);
  }

  private static boolean train(Trial trial, Path folder, int epochs, BooleanSupplier stop)
      throws IOException {
    try (EpochTrial running =
        EpochTrial.open(trial, TinyWorkload.DATA, folder, Kernels.PORTABLE, line -> {})) {
      return running.train(epochs, stop);
    }
  }

  private static Trial trial(String optimizer, Map<String, Double> values) {
    return new Trial("tiny", "tiny", null, optimizer, null, 5, values);
  }

  private static List<String> withoutSeconds(Path folder, String file) throws IOException {
    return Files.readAllLines(folder.resolve(file)).stream()
        .map(line -> line.replaceAll("\"seconds\":[^,]*,", ""))
        .toList();
  }
}
