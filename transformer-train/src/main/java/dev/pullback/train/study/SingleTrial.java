package dev.pullback.train.study;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pullback.train.InputException;
import dev.pullback.train.store.MetricsFile;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/** One trial by itself: its document says everything, so that no plan is needed to run it. */
public final class SingleTrial {

  private final Path out;
  private final TrialSpec trial;
  private final String command;
  private final BooleanSupplier stop;
  private final Consumer<String> log;

  /**
   * Reads a trial.
   *
   * @param out the folder of its study
   * @param folder the trial's, relative to the study's
   * @param command what was called, for the row
   * @param stop asked between steps whether to stop
   * @param log takes a line now and then
   * @throws InputException if the folder holds no trial
   */
  public SingleTrial(
      Path out, String folder, String command, BooleanSupplier stop, Consumer<String> log) {
    this.out = out;
    this.command = command;
    this.stop = stop;
    this.log = log;
    this.trial = new TrialRunner(out, command, stop, log).read(folder);
  }

  /** Loads the trial's engine. */
  public void load() {
    trial.config().engine().load(trial.config().options().threads);
  }

  /**
   * Runs the trial or goes on with it, unless it is there. Waits while another process is at it.
   *
   * @param until the step of the evaluation after which it waits for others, or {@link
   *     Study.Open#TO_ITS_END}
   * @return whether it is there; else it was stopped
   * @throws IOException if something cannot be written
   */
  public boolean run(long until) throws IOException {
    return new TrialRunner(out, command, stop, log).runTo(trial, until);
  }

  /**
   * Runs the trial once more, elsewhere, and compares what was measured then.
   *
   * @param elsewhere an empty folder
   * @param tolerance the largest relative difference of a measurement that counts as none; 0: bit
   *     for bit
   * @return what differs, nothing if all is the same; empty if it was stopped
   * @throws InputException if the trial is not complete
   * @throws IOException if something cannot be read or written
   */
  public Optional<List<String>> repeat(Path elsewhere, double tolerance) throws IOException {
    if (new TrialRunner(out, command, stop, log).completeRow(trial).isEmpty()) {
      throw new InputException(
          out.resolve(trial.folder()) + " is not complete; there is nothing to compare with");
    }
    if (new TrialRunner(elsewhere, command, stop, log).run(trial).isEmpty()) {
      return Optional.empty();
    }
    List<Map<String, Double>> before = measurements(out);
    List<Map<String, Double>> after = measurements(elsewhere);
    List<String> differences = new ArrayList<>();
    if (before.size() != after.size()) {
      differences.add("%d measurements, %d before".formatted(after.size(), before.size()));
    }
    for (int i = 0; i < Math.min(before.size(), after.size()); i++) {
      Map<String, Double> expected = before.get(i);
      Map<String, Double> actual = after.get(i);
      // A newer program may measure more.
      if (expected.keySet().stream()
          .anyMatch(key -> differs(expected.get(key), actual.get(key), tolerance))) {
        differences.add("%s, before %s".formatted(actual, expected));
      }
    }
    return Optional.of(differences);
  }

  private static boolean differs(double expected, Double actual, double tolerance) {
    return actual == null || Math.abs(expected - actual) > tolerance * Math.abs(expected);
  }

  /** Numbers of all lines, but for times. */
  private List<Map<String, Double>> measurements(Path study) {
    List<Map<String, Double>> all = new ArrayList<>();
    for (String split : List.of("train", "validation")) {
      MetricsFile.lines(
          study.resolve(trial.folder()).resolve("metrics.jsonl"), split, line -> all.add(of(line)));
    }
    return all;
  }

  private static Map<String, Double> of(ObjectNode line) {
    Map<String, Double> values = new TreeMap<>();
    line.properties().stream()
        .filter(property -> property.getValue().isNumber() && !property.getKey().equals("seconds"))
        .forEach(property -> values.put(property.getKey(), property.getValue().doubleValue()));
    return values;
  }
}
