package dev.pullback.bench.defaults;

import ai.djl.ndarray.NDManager;
import dev.pullback.bench.defaults.TrainingProgram.Data;
import dev.pullback.bench.defaults.TrainingProgram.Outcome;
import dev.pullback.train.InputException;
import dev.pullback.train.config.Backend;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.DoubleSummaryStatistics;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Trains programs with DJL's Adam and with optimisers of this library, all untuned, from the same
 * initial weights over the same batches.
 *
 * @param backend where
 * @param contenders what is compared with DJL's Adam
 * @param seeds how many, from 1
 */
public record DefaultsThatTrain(Backend backend, List<Contender> contenders, int seeds) {

  /**
   * Returns the programs.
   *
   * @return their names
   */
  public static List<String> names() {
    return Programs.ALL.stream().map(TrainingProgram::name).toList();
  }

  /**
   * Trains and prints a table, a row for each program as it ends. A program whose data cannot be
   * had is left out, with the reason.
   *
   * @param names of programs
   * @param out the table
   */
  public void print(List<String> names, PrintWriter out) {
    table(Programs.ALL.stream().filter(p -> names.contains(p.name())).toList(), out);
  }

  void table(List<TrainingProgram> programs, PrintWriter out) {
    out.printf(
        "%n### Nothing tuned%n%nMean of %d seeds (least to greatest); + is for the better; s is the"
            + " mean metric scale.%n%n| | | DJL's Adam |",
        seeds);
    contenders.forEach(c -> out.printf(" %s | to Adam | s |", c.text()));
    out.printf("%n|---|---|---|%s%n", "---|".repeat(3 * contenders.size()));
    List<String> leftOut = new ArrayList<>();
    for (TrainingProgram program : programs) {
      try (NDManager manager = backend.newManager()) {
        row(program, program.data().apply(manager), out);
      } catch (InputException e) {
        leftOut.add("Left out: %s; %s".formatted(program.description(), e.getMessage()));
      }
      out.flush();
    }
    leftOut.forEach(line -> out.printf("%n%s%n", line));
    out.flush();
  }

  private void row(TrainingProgram program, Data data, PrintWriter out) {
    List<Outcome> adam = new ArrayList<>();
    Map<Contender, List<Outcome>> others = new LinkedHashMap<>();
    for (int i = 1; i <= seeds; i++) {
      long seed = i;
      adam.add(timed(program, "DJL's Adam", seed, () -> program.withDjlAdam(backend, data, seed)));
      for (Contender contender : contenders) {
        others
            .computeIfAbsent(contender, c -> new ArrayList<>())
            .add(
                timed(
                    program,
                    contender.text(),
                    seed,
                    () -> program.with(contender, backend, data, seed)));
      }
    }
    out.printf(
        "| %s | %s | %s |",
        program.description(), program.accuracy() ? "accuracy" : "loss", cell(values(adam)));
    int better = program.accuracy() ? 1 : -1;
    double base = values(adam).getAverage();
    others.forEach(
        (contender, outcomes) ->
            out.printf(
                " %s | %+.4f | %.3f |",
                cell(values(outcomes)),
                better * (values(outcomes).getAverage() - base),
                outcomes.stream().mapToDouble(Outcome::meanScale).average().orElseThrow()));
    out.println();
  }

  private static DoubleSummaryStatistics values(List<Outcome> outcomes) {
    return outcomes.stream().mapToDouble(Outcome::value).summaryStatistics();
  }

  private static String cell(DoubleSummaryStatistics values) {
    return "%.4f (%.4f to %.4f)".formatted(values.getAverage(), values.getMin(), values.getMax());
  }

  /** Training of one optimiser and seed. */
  private interface Training {
    Outcome run();
  }

  private static Outcome timed(
      TrainingProgram program, String optimizer, long seed, Training training) {
    long begin = System.nanoTime();
    Outcome outcome = training.run();
    System.err.printf(
        "%s, %s, seed %d: %.4f, s %.3f, %d s%n",
        program.name(),
        optimizer,
        seed,
        outcome.value(),
        outcome.meanScale(),
        Duration.ofNanos(System.nanoTime() - begin).toSeconds());
    return outcome;
  }
}
