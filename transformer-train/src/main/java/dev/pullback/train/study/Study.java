package dev.pullback.train.study;

import ai.djl.engine.EngineException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.pullback.train.InputException;
import dev.pullback.train.config.RunConfig;
import dev.pullback.train.loop.Stepper;
import dev.pullback.train.scaling.HyperparameterLaw;
import dev.pullback.train.store.AtomicFiles;
import dev.pullback.train.task.TaskData;
import dev.pullback.train.task.Workload;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * A study in its folder: {@code plan.yaml}, {@code rows.jsonl}, and below {@code trials/} a run
 * folder for each trial. Several processes may run one study; each takes trials that no other is
 * at. Nothing depends on who ran what: what is chosen follows from the rows of the trials.
 */
public final class Study {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String PLAN = "plan.yaml";
  private static final String ROWS = "rows.jsonl";
  private static final long LOOK_AGAIN_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** Rewriting all rows after each of a thousand short trials would take longer than they do. */
  private static final long COLLECT_NANOS = TimeUnit.SECONDS.toNanos(10);

  /** A measurement's first steps compile and allocate. */
  private static final int WARMUP_STEPS = 5;

  private static final int MEASURED_STEPS = 20;

  private final Path out;
  private final StudyPlan plan;
  private final TrialRunner runner;
  private final BooleanSupplier stop;
  private final Consumer<String> log;
  private final List<Cell> cells = new ArrayList<>();
  private final Map<Path, ResultRow> complete = new HashMap<>();
  private long collected = System.nanoTime();

  /** An entry of the plan at a size, and its trials. */
  private static final class Cell {

    private final String size;
    private final StudyPlan.Entry entry;

    /** Empty until the laws that it follows are known. */
    private List<TrialSpec> tuning;

    /** Null until tuning is complete; empty if all of it failed. */
    private List<TrialSpec> evaluation;

    Cell(String size, StudyPlan.Entry entry, List<TrialSpec> tuning) {
      this.size = size;
      this.entry = entry;
      this.tuning = tuning;
    }
  }

  /**
   * What a size takes on this machine.
   *
   * @param secondsPerStep of a training step
   * @param secondsPerTrial of all steps and evaluations
   * @param trials of all optimisers
   */
  public record Cost(double secondsPerStep, double secondsPerTrial, int trials) {}

  /**
   * Opens a study.
   *
   * @param out its folder
   * @param command what was called, for the rows
   * @param stop asked between steps whether to stop
   * @param log takes a line now and then
   * @throws InputException if the folder holds no study
   */
  public Study(Path out, String command, BooleanSupplier stop, Consumer<String> log) {
    Path file = out.resolve(PLAN);
    if (!Files.isRegularFile(file)) {
      throw new InputException(
          "%s holds no study: there is no %s; make one with 'pullback study plan PLAN --out %s'"
              .formatted(out, PLAN, out));
    }
    this.out = out;
    this.plan = StudyPlan.read(file);
    this.runner = new TrialRunner(out, command, stop, log);
    this.stop = stop;
    this.log = log;
    for (String size : plan.sizes().keySet()) {
      boolean byLaw = plan.sizes().get(size).byLaw();
      for (StudyPlan.Entry entry : plan.entries()) {
        List<TrialSpec> tuning = byLaw ? List.of() : documented(plan.tuning(size, entry));
        cells.add(new Cell(size, entry, tuning));
      }
    }
  }

  /**
   * Starts a study: keeps its plan in its folder. The same plan may be given again.
   *
   * @param file the plan
   * @param out the folder: absent, empty, or of a study with this plan
   * @throws InputException if the plan is none, or the folder holds something else
   * @throws IOException if the folder cannot be written
   */
  public static void start(Path file, Path out) throws IOException {
    StudyPlan.read(file);
    String text = Files.readString(file);
    Path kept = out.resolve(PLAN);
    if (Files.exists(kept)) {
      if (!Files.readString(kept).equals(text)) {
        throw new InputException(
            "%s holds a study with another plan than %s; choose another --out"
                .formatted(out, file));
      }
    } else if (Files.isDirectory(out) && !isEmpty(out)) {
      throw new InputException(out + " is not empty and holds no study; choose another --out");
    } else {
      AtomicFiles.replace(kept, text);
    }
  }

  private static boolean isEmpty(Path folder) throws IOException {
    try (Stream<Path> content = Files.list(folder)) {
      return content.findAny().isEmpty();
    }
  }

  private List<TrialSpec> documented(List<TrialSpec> trials) {
    return trials.stream().map(runner::documented).toList();
  }

  /** Returns the plan. */
  public StudyPlan plan() {
    return plan;
  }

  /**
   * Writes the documents of all tuning trials.
   *
   * @throws IOException if they cannot be written
   */
  public void writeTrials() throws IOException {
    for (Cell cell : cells) {
      for (TrialSpec trial : cell.tuning) {
        runner.write(trial);
      }
    }
  }

  /**
   * Measures how long a trial of each size takes with its first optimiser, adamw where there is
   * one. The engine is loaded.
   *
   * @return costs by size
   */
  public Map<String, Cost> measure() {
    Map<String, Cost> costs = new LinkedHashMap<>();
    for (String size : plan.sizes().keySet()) {
      Cell cell =
          cells.stream()
              .filter(c -> c.size.equals(size) && c.entry.optimizer().equals("adamw"))
              .findFirst()
              .orElseGet(() -> cells.stream().filter(c -> c.size.equals(size)).findFirst().get());
      costs.put(size, measure(size, plan.tuning(size, cell.entry).get(0)));
    }
    return costs;
  }

  private Cost measure(String size, TrialSpec trial) {
    RunConfig config = trial.config();
    TaskData data = runner.data(trial);
    try (Workload work = data.workload(config, true)) {
      int steps = config.steps(work.stepsPerEpoch(), work.examplesPerStep());
      try (Stepper stepper =
          new Stepper(work, config.options().accumulate, 1, config.optimizer(steps))) {
        long began = System.nanoTime();
        for (int step = 1; step <= WARMUP_STEPS + MEASURED_STEPS; step++) {
          stepper.step(step);
          if (step == WARMUP_STEPS) {
            began = System.nanoTime();
          }
        }
        double perStep = (System.nanoTime() - began) * 1e-9 / MEASURED_STEPS;
        began = System.nanoTime();
        work.evaluate(config.options().evalIters, stop);
        double perEvaluation = (System.nanoTime() - began) * 1e-9;
        int interval = config.options().evalInterval;
        int evaluations = interval > 0 ? (steps - 1) / interval + 1 : 1;
        int trials = cells.stream().filter(c -> c.size.equals(size)).mapToInt(this::planned).sum();
        return new Cost(perStep, steps * perStep + evaluations * perEvaluation, trials);
      }
    }
  }

  /**
   * Runs every trial that is not complete; tuning first.
   *
   * @param keepCheckpoints whether checkpoints of complete trials stay
   * @return whether the study is complete
   * @throws InputException if data cannot be had, or a folder holds another trial
   * @throws IOException if something cannot be written
   */
  public boolean run(boolean keepCheckpoints) throws IOException {
    Set<Path> broken = new HashSet<>();
    refresh();
    for (TrialSpec trial : open()) {
      runner.prepare(trial);
    }
    try {
      while (!stop.getAsBoolean()) {
        List<TrialSpec> open = open();
        open.removeIf(trial -> broken.contains(trial.folder()));
        if (open.isEmpty()) {
          return broken.isEmpty();
        }
        if (!runOne(open, broken)) {
          LockSupport.parkNanos(LOOK_AGAIN_NANOS);
        }
        refresh();
        if (!keepCheckpoints) {
          removeCheckpoints();
        }
        if (System.nanoTime() - collected > COLLECT_NANOS) {
          writeRows();
        }
      }
      return false;
    } finally {
      writeRows();
    }
  }

  /**
   * Lists the trials that can be run now, those of other processes too. Each has its document.
   *
   * @return their folders, relative to the study's; tuning first
   * @throws IOException if a folder cannot be read or written
   */
  public List<String> openTrials() throws IOException {
    refresh();
    List<String> folders = new ArrayList<>();
    for (TrialSpec trial : open()) {
      runner.write(trial);
      folders.add(trial.folder().toString());
    }
    return folders;
  }

  /**
   * Counts the tuning trials, which have the first numbers.
   *
   * @return their number, those that wait for laws included
   */
  public int tuningTrials() {
    return cells.stream().mapToInt(cell -> plan.points(cell.size, cell.entry)).sum();
  }

  /**
   * Finds a trial by its place: all tuning trials come first, then all of the evaluation.
   *
   * @param number its place, from 0
   * @return its folder, relative to the study's
   * @throws InputException if there is no such trial, or it is not known before tuning is complete
   * @throws IOException if a folder cannot be read or written
   */
  public String trial(int number) throws IOException {
    int tuning = tuningTrials();
    int all = tuning + cells.size() * plan.seeds().size();
    if (number < 0 || number >= all) {
      throw new InputException(
          "there is no trial %d; tuning has 0 to %d, evaluation %d to %d"
              .formatted(number, tuning - 1, tuning, all - 1));
    }
    refresh();
    TrialSpec trial;
    if (number < tuning) {
      trial = tuningTrial(number);
    } else {
      int place = number - tuning;
      Cell cell = cells.get(place / plan.seeds().size());
      if (cell.evaluation == null) {
        throw new InputException(
            "trial %d is an evaluation of %s, whose tuning is not complete"
                .formatted(number, cell.entry.name()));
      }
      if (cell.evaluation.isEmpty()) {
        throw new InputException("all tuning trials of %s failed".formatted(cell.entry.name()));
      }
      trial = cell.evaluation.get(place % plan.seeds().size());
    }
    runner.write(trial);
    return trial.folder().toString();
  }

  private TrialSpec tuningTrial(int number) {
    int place = number;
    for (Cell cell : cells) {
      int points = plan.points(cell.size, cell.entry);
      if (place < points) {
        if (place >= cell.tuning.size()) {
          throw new InputException(
              "trial %d follows laws of %s, which smaller sizes have not shown"
                  .formatted(number, cell.entry.name()));
        }
        return cell.tuning.get(place);
      }
      place -= points;
    }
    throw new IllegalStateException("there is no trial " + number);
  }

  /**
   * Tells whether no trial is left to be run.
   *
   * @return whether all are complete
   * @throws IOException if a folder cannot be read
   */
  public boolean isComplete() throws IOException {
    refresh();
    return isKnown() && open().isEmpty();
  }

  /** Whether no cell waits for what others show. */
  private boolean isKnown() {
    return cells.stream().allMatch(cell -> cell.evaluation != null);
  }

  /**
   * Chooses complete trials by chance.
   *
   * @param count how many, at least 1
   * @param seed decides which
   * @return their folders, relative to the study's
   * @throws InputException if fewer are complete
   * @throws IOException if a folder cannot be read
   */
  public List<String> pick(int count, long seed) throws IOException {
    InputException.atLeast("--pick", count, 1);
    List<String> trials =
        new ArrayList<>(rows().stream().filter(StudyRow::isComplete).map(StudyRow::trial).toList());
    if (trials.size() < count) {
      throw new InputException(
          "only %d trials are complete, fewer than --pick %d".formatted(trials.size(), count));
    }
    Collections.shuffle(trials, new Random(seed));
    return trials.subList(0, count);
  }

  /**
   * Tells whether a trial has come to its end, failed ones too.
   *
   * @param folder the trial's, relative to the study's
   * @return whether there is a row
   * @throws IOException if it cannot be read
   */
  public boolean hasResult(String folder) throws IOException {
    return runner.completeRow(runner.read(folder)).isPresent();
  }

  /**
   * Records that a trial ended without a result.
   *
   * @param folder the trial's, relative to the study's
   * @param failure why
   * @throws IOException if it cannot be written
   */
  public void fail(String folder, String failure) throws IOException {
    runner.fail(runner.read(folder), failure);
  }

  /** Takes what other processes have completed, and collects the rows now and then. */
  public void follow() throws IOException {
    int before = complete.size();
    refresh();
    if (complete.size() > before) {
      log.accept("[%d/%d] trials are complete".formatted(complete.size(), total()));
    }
    if (System.nanoTime() - collected > COLLECT_NANOS) {
      writeRows();
    }
  }

  /**
   * Collects the rows, and removes checkpoints that are no longer needed.
   *
   * @param keepCheckpoints whether checkpoints of complete trials stay
   * @return whether the study is complete
   * @throws IOException if something cannot be written
   */
  public boolean finish(boolean keepCheckpoints) throws IOException {
    refresh();
    if (!keepCheckpoints) {
      removeCheckpoints();
    }
    writeRows();
    return isKnown() && open().isEmpty();
  }

  /** Runs the first trial that no other process is at; returns whether there was one. */
  private boolean runOne(List<TrialSpec> open, Set<Path> broken) throws IOException {
    for (TrialSpec trial : open) {
      try {
        if (runner.completeRow(trial).isPresent()) {
          continue; // another process was faster
        }
        Optional<ResultRow> row = runner.runIfFree(trial);
        if (row.isPresent()) {
          complete.put(trial.folder(), row.get());
          log.accept("[%d/%d] %s".formatted(complete.size(), total(), describe(trial, row.get())));
          return true;
        }
        if (stop.getAsBoolean()) {
          return false;
        }
      } catch (EngineException e) {
        // Such as a decomposition that does not converge; the others can be run.
        broken.add(trial.folder());
        log.accept("%s could not be run and is left: %s".formatted(trial.folder(), e.getMessage()));
        return true;
      }
    }
    return false;
  }

  private int total() {
    return cells.stream().mapToInt(this::total).sum();
  }

  private int planned(Cell cell) {
    return plan.points(cell.size, cell.entry) + plan.seeds().size();
  }

  /** All trials of a cell; there is nothing to evaluate where all of tuning failed. */
  private int total(Cell cell) {
    boolean nothing = cell.evaluation != null && cell.evaluation.isEmpty();
    return nothing ? cell.tuning.size() : planned(cell);
  }

  private String describe(TrialSpec trial, ResultRow row) {
    Cell cell = cells.stream().filter(c -> begun(c).contains(trial)).findFirst().orElseThrow();
    String name =
        "%s, %s %s seed %d, %s"
            .formatted(
                trial.experiment(),
                cell.size,
                cell.entry.name(),
                trial.config().options().seed,
                searched(cell.entry, trial));
    return row.failed()
        ? "%s: failed. %s".formatted(name, row.failure())
        : String.format(Locale.ROOT, "%s: loss %.4f, %.0f s", name, row.loss(), row.seconds());
  }

  /** Takes the rows of trials that became complete, and chooses where tuning is. */
  private void refresh() throws IOException {
    for (Cell cell : cells) {
      if (cell.tuning.isEmpty() && cell.evaluation == null) {
        followLaws(cell);
      }
      if (take(cell.tuning) && !cell.tuning.isEmpty() && cell.evaluation == null) {
        choose(cell);
      }
      if (cell.evaluation != null) {
        take(cell.evaluation);
      }
    }
  }

  /** Takes hyperparameters from laws through the sizes where the entry is tuned. */
  private void followLaws(Cell cell) {
    List<Cell> tuned =
        cells.stream()
            .filter(c -> c.entry.equals(cell.entry) && !plan.sizes().get(c.size).byLaw())
            .toList();
    if (tuned.stream().anyMatch(c -> c.evaluation == null)) {
      return;
    }
    List<Cell> found = tuned.stream().filter(c -> !c.evaluation.isEmpty()).toList();
    if (found.stream().map(this::weights).distinct().count() < 2) {
      cell.evaluation = List.of();
      log.accept(
          "%s %s: tuning failed at too many sizes for a law"
              .formatted(cell.size, cell.entry.name()));
      return;
    }
    Map<String, Double> predicted = new LinkedHashMap<>();
    for (String key : cell.entry.search().keySet()) {
      List<HyperparameterLaw.Optimum> optima =
          found.stream()
              .map(c -> new HyperparameterLaw.Optimum(weights(c), optimum(c, key)))
              .toList();
      predicted.put(key, HyperparameterLaw.of(optima).value(weights(cell)).value());
    }
    cell.tuning = documented(plan.bracket(cell.size, cell.entry, predicted));
    log.accept("%s %s: by law, %s".formatted(cell.size, cell.entry.name(), predicted));
  }

  private double weights(Cell cell) {
    return plan.sizes().get(cell.size).weights();
  }

  private double optimum(Cell cell, String key) {
    return searched(cell.entry, best(cell).orElseThrow()).get(key);
  }

  /** Returns whether all trials are complete. */
  private boolean take(List<TrialSpec> trials) throws IOException {
    boolean all = true;
    for (TrialSpec trial : trials) {
      if (!complete.containsKey(trial.folder())) {
        runner.completeRow(trial).ifPresent(row -> complete.put(trial.folder(), row));
      }
      all &= complete.containsKey(trial.folder());
    }
    return all;
  }

  private void choose(Cell cell) {
    Optional<TrialSpec> best = best(cell);
    cell.evaluation =
        best.isEmpty()
            ? List.of()
            : plan.evaluation(cell.size, cell.entry, best.get()).stream()
                .map(runner::documented)
                .toList();
    log.accept(
        "%s %s: %s"
            .formatted(
                cell.size,
                cell.entry.name(),
                best.map(t -> "tuned, " + searched(cell.entry, t))
                    .orElse("all tuning trials failed")));
  }

  /** Returns the values of what was searched, by the plan's keys. */
  private static Map<String, Double> searched(StudyPlan.Entry entry, TrialSpec trial) {
    Map<String, Double> values = new LinkedHashMap<>();
    Map<String, String> all = trial.config().values();
    entry.search().keySet().forEach(key -> values.put(key, Double.valueOf(all.get(key))));
    return values;
  }

  /** The tuning trial with the lowest loss so far; none if all failed. */
  private Optional<TrialSpec> best(Cell cell) {
    TrialSpec best = null;
    double lowest = Double.POSITIVE_INFINITY;
    for (TrialSpec trial : cell.tuning) {
      ResultRow row = complete.get(trial.folder());
      if (row != null && !row.failed() && row.loss() < lowest) {
        best = trial;
        lowest = row.loss();
      }
    }
    return Optional.ofNullable(best);
  }

  private List<TrialSpec> open() {
    List<TrialSpec> open = new ArrayList<>();
    cells.forEach(cell -> open.addAll(cell.tuning));
    cells.stream().filter(c -> c.evaluation != null).forEach(c -> open.addAll(c.evaluation));
    open.removeIf(trial -> complete.containsKey(trial.folder()));
    return open;
  }

  private void removeCheckpoints() throws IOException {
    for (Cell cell : cells) {
      for (TrialSpec trial : begun(cell)) {
        if (complete.containsKey(trial.folder())) {
          runner.removeCheckpoints(trial);
        }
      }
    }
  }

  private static List<TrialSpec> begun(Cell cell) {
    return cell.evaluation == null
        ? cell.tuning
        : Stream.concat(cell.tuning.stream(), cell.evaluation.stream()).toList();
  }

  /**
   * Reads where every known trial stands. Evaluation trials are known when tuning is complete.
   *
   * @return rows in the order of the plan, those of trials not begun too
   * @throws IOException if a folder cannot be read
   */
  public List<StudyRow> rows() throws IOException {
    refresh();
    List<StudyRow> rows = new ArrayList<>();
    for (Cell cell : cells) {
      for (TrialSpec trial : begun(cell)) {
        rows.add(row(cell, trial));
      }
    }
    return rows;
  }

  private StudyRow row(Cell cell, TrialSpec trial) {
    Optional<ResultRow> row = Optional.ofNullable(complete.get(trial.folder()));
    return new StudyRow(
        trial.folder().toString(),
        cell.size,
        cell.entry.name(),
        cell.entry.optimizer(),
        trial.experiment(),
        trial.config().options().seed,
        row.map(r -> r.failed() ? StudyRow.Status.FAILED : StudyRow.Status.COMPLETE)
            .orElseGet(() -> unfinished(trial)),
        row.filter(r -> !r.failed()).map(ResultRow::loss).orElse(null),
        row.map(ResultRow::tokens).orElse(null),
        row.map(ResultRow::trainingSteps).orElse(null),
        row.map(ResultRow::seconds).orElse(null),
        trial.config().hyperparameters(),
        row.map(ResultRow::failure).orElse(null));
  }

  private StudyRow.Status unfinished(TrialSpec trial) {
    if (!Files.exists(out.resolve(trial.folder()).resolve("metrics.jsonl"))) {
      return StudyRow.Status.LEFT;
    }
    return runner.busy(trial) ? StudyRow.Status.RUNNING : StudyRow.Status.STOPPED;
  }

  /**
   * Returns the tuned values.
   *
   * @param size a size
   * @param entry an entry
   * @return values by the keys that were searched; empty while tuning is not complete, or if all of
   *     it failed
   * @throws IOException if a folder cannot be read
   */
  public Map<String, Double> tuned(String size, StudyPlan.Entry entry) throws IOException {
    refresh();
    Cell cell =
        cells.stream().filter(c -> c.size.equals(size) && c.entry.equals(entry)).findFirst().get();
    return cell.evaluation == null
        ? Map.of()
        : best(cell).map(trial -> searched(entry, trial)).orElse(Map.of());
  }

  /** Writes a line for each trial that was begun. */
  private void writeRows() throws IOException {
    StringBuilder lines = new StringBuilder();
    for (StudyRow row : rows()) {
      if (row.status() != StudyRow.Status.LEFT) {
        lines.append(JSON.writeValueAsString(row)).append('\n');
      }
    }
    AtomicFiles.replace(out.resolve(ROWS), lines.toString());
    collected = System.nanoTime();
  }

  /**
   * Writes a file of the study's folder.
   *
   * @param name its name
   * @param content its content
   * @return the file
   * @throws IOException if it cannot be written
   */
  public Path write(String name, String content) throws IOException {
    Path file = out.resolve(name);
    AtomicFiles.replace(file, content);
    return file;
  }
}
