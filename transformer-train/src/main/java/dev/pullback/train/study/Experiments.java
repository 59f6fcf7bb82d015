package dev.pullback.train.study;

import dev.pullback.train.InputException;
import dev.pullback.train.config.RunOptions;
import dev.pullback.train.task.TestFunction;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Runs trials and keeps what came of them in a folder: {@code results.json}, and below {@code
 * trials/} a folder for each. What is complete there is not run again; what is not goes on from its
 * checkpoint.
 */
public final class Experiments {

  /** What {@link #run} takes. */
  public static final List<String> TASKS =
      List.of(
          Plan.LOWDIM,
          Subjects.REGRESSION,
          Subjects.MNIST,
          Subjects.SHAKESPEARE,
          Subjects.CIFAR10,
          Plan.XI,
          Plan.CLIP,
          Plan.EMBEDDING,
          Plan.LOSS,
          Plan.TRANSFER,
          "all");

  /** The ablations that have a choice of optimisers. */
  private static final List<String> OF_ANY_OPTIMIZER = List.of(Plan.XI, Plan.TRANSFER);

  private final Settings settings;
  private final TrialRunner runner;
  private final Consumer<String> log;

  /**
   * What a person may choose.
   *
   * @param optimizers names, or empty for each task's own choice
   * @param seeds seeds of each setting, at least 1
   * @param search trials of a search for hyperparameters, or 0 for the published ones
   * @param ablation what ablations vary
   * @param common what all trials share: engine, kernels, precision, threads, data folder, epochs
   * @param command what was called, for the report
   */
  public record Settings(
      List<String> optimizers,
      int seeds,
      int search,
      Ablation ablation,
      RunOptions common,
      String command) {}

  /**
   * What ablations vary.
   *
   * @param subjects data sets, or empty for MNIST, in {@code transfer} TinyShakespeare and CIFAR-10
   * @param xi values of ξ, or empty for each task's own
   * @param rates by what {@code ablate-xi} multiplies the learning rate of ξ = 0
   * @param warmup over how many steps {@code ablate-xi} warms up the learning rate of ξ = 0
   * @param clip global norms at which {@code ablate-clip} clips
   */
  public record Ablation(
      List<String> subjects,
      List<Double> xi,
      List<Double> rates,
      List<Integer> warmup,
      List<Double> clip) {}

  /**
   * Prepares.
   *
   * @param out the folder, created when it is missing
   * @param settings what was chosen
   * @param stop asked between steps whether to stop
   * @param log takes a line now and then
   */
  public Experiments(Path out, Settings settings, BooleanSupplier stop, Consumer<String> log) {
    this.settings = settings;
    this.runner = new TrialRunner(out, settings.command(), stop, log);
    this.log = log;
  }

  /**
   * Runs a task.
   *
   * @param task one of {@link #TASKS}
   * @return whether it is complete
   * @throws InputException if the task, an optimiser or a data set cannot be had
   * @throws IOException if results cannot be written
   */
  public boolean run(String task) throws IOException {
    if (!TASKS.contains(task)) {
      throw new InputException(
          "There is no task '%s'; choose one of %s".formatted(task, String.join(", ", TASKS)));
    }
    settings.ablation().subjects().forEach(Subjects::check);
    runner.requireReadableRows();
    Plan plan = new Plan(settings.optimizers(), settings.seeds(), settings.common());
    List<String> tasks =
        task.equals("all")
            ? Stream.concat(Stream.of(Plan.LOWDIM), Subjects.names().stream()).toList()
            : List.of(task);
    try {
      return settings.search() > 0 ? searchAll(tasks, plan) : runAll(trials(tasks, plan));
    } finally {
      runner.writeResults();
    }
  }

  /** Returns the trials of all tasks, none of which lacks anything. */
  private List<TrialSpec> trials(List<String> tasks, Plan plan) throws IOException {
    List<TrialSpec> trials = new ArrayList<>();
    for (String task : tasks) {
      trials.addAll(trials(task, plan));
    }
    if (trials.isEmpty()) {
      throw new InputException(
          "The paper has no searches for least values by %s; add --search N"
              .formatted(String.join(", ", settings.optimizers())));
    }
    for (TrialSpec trial : trials) {
      runner.prepare(trial);
    }
    return trials;
  }

  private List<TrialSpec> trials(String task, Plan plan) {
    if (Subjects.names().contains(task)) {
      return plan.comparison(task);
    }
    if (task.equals(Plan.LOWDIM)) {
      return plan.lowDimensional();
    }
    Ablation ablation = settings.ablation();
    if (!settings.optimizers().isEmpty() && !OF_ANY_OPTIMIZER.contains(task)) {
      throw new InputException("--optimizers does not go with " + task);
    }
    List<String> otherwise =
        task.equals(Plan.TRANSFER)
            ? List.of(Subjects.SHAKESPEARE, Subjects.CIFAR10)
            : List.of(Subjects.MNIST);
    List<String> on = ablation.subjects().isEmpty() ? otherwise : ablation.subjects();
    List<TrialSpec> trials = new ArrayList<>();
    for (String subject : on) {
      trials.addAll(
          switch (task) {
            case Plan.XI -> plan.xi(subject, ablation.xi(), ablation.rates(), ablation.warmup());
            case Plan.CLIP -> plan.clip(subject, ablation.clip(), ablation.xi());
            case Plan.EMBEDDING -> plan.embedding(subject, ablation.xi());
            case Plan.LOSS -> plan.loss(subject, ablation.xi());
            default ->
                plan.transfer(
                    subject,
                    subject.equals(Subjects.CIFAR10) ? Subjects.SHAKESPEARE : Subjects.CIFAR10);
          });
    }
    return trials;
  }

  /** Runs trials; those that another process is at come last, so that several share the work. */
  private boolean runAll(List<TrialSpec> trials) throws IOException {
    List<TrialSpec> elsewhere = new ArrayList<>();
    int done = 0;
    for (TrialSpec trial : trials) {
      if (runner.busy(trial)) {
        elsewhere.add(trial);
      } else if (!run(trial, ++done, trials.size())) {
        return false;
      }
    }
    for (TrialSpec trial : elsewhere) {
      if (!run(trial, ++done, trials.size())) {
        return false;
      }
    }
    return true;
  }

  private boolean run(TrialSpec trial, int number, int all) throws IOException {
    Optional<ResultRow> row = runner.run(trial);
    runner.writeResultsNowAndThen();
    row.ifPresent(r -> log.accept("[%d/%d] %s".formatted(number, all, describe(trial, r))));
    return row.isPresent();
  }

  private static String describe(TrialSpec trial, ResultRow row) {
    String name =
        "%s %s %s%s seed %d"
            .formatted(
                trial.experiment(),
                trial.subject(),
                row.optimizer(),
                trial.variant() == null ? "" : " " + trial.variant(),
                row.seed());
    if (row.failed()) {
      return name + ": failed. " + row.failure();
    }
    String steps = row.epochs() == null ? row.steps() + " steps" : row.epochs() + " epochs";
    return "%s: %s, final %.6g, best %.6g".formatted(name, steps, row.last(), row.best());
  }

  /** Tries hyperparameters, the same number for every optimiser. */
  private boolean searchAll(List<String> tasks, Plan plan) throws IOException {
    for (String task : tasks) {
      if (Subjects.names().contains(task)) {
        // Refuses before hours of other trials.
        runner.prepare(plan.searched(task, number(List.of()), "adam", Map.of()));
      } else if (!task.equals(Plan.LOWDIM)) {
        throw new InputException("--search goes with lowdim and the data sets, not with " + task);
      }
    }
    for (String task : tasks) {
      if (!(task.equals(Plan.LOWDIM) ? searchLowDimensional(plan) : search(task, plan))) {
        return false;
      }
    }
    return true;
  }

  private boolean search(String task, Plan plan) throws IOException {
    List<TrialSpec> again = new ArrayList<>();
    for (String name : plan.optimizers(Plan.OPTIMIZERS)) {
      List<TrialSpec> tried = new ArrayList<>();
      for (Map<String, Double> point :
          SearchSpace.training(task, name).points(settings.search(), 0)) {
        tried.add(plan.searched(task, number(tried), name, point));
      }
      if (!runAll(tried)) {
        return false;
      }
      best(tried)
          .ifPresent(
              best ->
                  plan.seeds(
                          task,
                          task,
                          ResultRow.SEARCHED + best.variant(),
                          name,
                          null,
                          best.hyperparameters())
                      .forEach(again::add));
    }
    return runAll(again);
  }

  private boolean searchLowDimensional(Plan plan) throws IOException {
    for (TestFunction function : TestFunction.values()) {
      for (String name : plan.optimizers(SearchSpace.LOWDIM_OPTIMIZERS)) {
        List<TrialSpec> tried = new ArrayList<>();
        for (Map<String, Double> point :
            SearchSpace.lowDimensional(name).points(settings.search(), 0)) {
          tried.add(plan.lowDimensional(ResultRow.SEARCH, function, number(tried), name, point));
        }
        if (!runAll(tried)) {
          return false;
        }
        best(tried);
      }
    }
    return true;
  }

  /** Returns the number of the next trial of a search, as its folder has it. */
  private static String number(List<TrialSpec> tried) {
    return String.format(Locale.ROOT, "%03d", tried.size());
  }

  /** Finds and reports the best of an optimiser's trials; none if all failed. */
  private Optional<ResultRow> best(List<TrialSpec> tried) throws IOException {
    List<ResultRow> rows = new ArrayList<>();
    for (TrialSpec trial : tried) {
      rows.add(runner.row(trial).orElseThrow());
    }
    Optional<ResultRow> best = ResultRow.bestOf(rows);
    best.ifPresent(
        row ->
            log.accept(
                "Best of %d: %s %s, %s%.6g with %s"
                    .formatted(
                        tried.size(),
                        tried.get(0).subject(),
                        row.optimizer(),
                        row.steps() == null ? "" : row.steps() + " steps, ",
                        row.best(),
                        row.hyperparameters())));
    return best;
  }
}
