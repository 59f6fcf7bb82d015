package dev.pullback.train.study;

import ai.djl.engine.EngineException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.pullback.train.InputException;
import dev.pullback.train.store.AtomicFiles;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.Collectors;
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

  private final Path out;
  private final StudyPlan plan;
  private final TrialRunner runner;
  private final BooleanSupplier stop;
  private final Consumer<String> log;
  private final StudyCells cells;
  private Set<String> only;
  private long collected = System.nanoTime();

  /**
   * A trial by its folder.
   *
   * @param folder relative to the study's
   * @param until the step of the evaluation after which it waits for others, {@link #TO_ITS_END},
   *     or {@link #NOTHING}
   */
  public record Open(String folder, long until) {

    /** Nobody is waited for. */
    public static final long TO_ITS_END = TrialRunner.TO_ITS_END;

    /** The trial is over, or waits for others. */
    public static final long NOTHING = 0;
  }

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
    this.cells = new StudyCells(plan, runner, log);
    this.only = names(plan);
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
    for (StudyCell cell : cells.all()) {
      for (TrialSpec trial : cell.tuning()) {
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
  public Map<String, SizeCost> measure() {
    Map<String, SizeCost> costs = new LinkedHashMap<>();
    for (String size : plan.sizes().keySet()) {
      List<StudyPlan.Entry> entries = plan.entries(size);
      StudyPlan.Entry entry =
          entries.stream()
              .filter(e -> e.optimizer().equals("adamw"))
              .findFirst()
              .orElse(entries.get(0));
      TrialSpec trial = plan.tuning(size, entry).get(0);
      costs.put(
          size, SizeCost.measure(trial.config(), runner.data(trial), cells.of(size), plan, stop));
    }
    return costs;
  }

  private static Set<String> names(StudyPlan plan) {
    return plan.entries().stream().map(StudyPlan.Entry::name).collect(Collectors.toSet());
  }

  /**
   * Leaves the trials of other optimisers to other processes.
   *
   * @param optimizers names in the plan, 1 or more
   * @throws InputException if the plan does not have one of them
   */
  public void restrictTo(List<String> optimizers) {
    for (String name : optimizers) {
      if (!names(plan).contains(name)) {
        throw new InputException(
            "the plan has no optimiser '%s'; it has %s"
                .formatted(name, String.join(", ", new TreeSet<>(names(plan)))));
      }
    }
    only = Set.copyOf(optimizers);
  }

  /**
   * Runs every trial that is not complete, of the optimisers it is restricted to; tuning first.
   *
   * @param keepCheckpoints whether checkpoints of complete trials stay
   * @return whether they are complete
   * @throws InputException if data cannot be had, or a folder holds another trial
   * @throws IOException if something cannot be written
   */
  public boolean run(boolean keepCheckpoints) throws IOException {
    Set<Path> broken = new HashSet<>();
    cells.refresh();
    for (StudyCell.Open next : cells.open(only)) {
      runner.prepare(next.trial());
    }
    try {
      while (!stop.getAsBoolean()) {
        List<StudyCell.Open> open = new ArrayList<>(cells.open(only));
        open.removeIf(next -> broken.contains(next.trial().folder()));
        if (open.isEmpty()) {
          return broken.isEmpty();
        }
        if (!runOne(open, broken)) {
          LockSupport.parkNanos(LOOK_AGAIN_NANOS);
        }
        cells.refresh();
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
   * @return the trials, size by size, tuning first
   * @throws IOException if a folder cannot be read or written
   */
  public List<Open> openTrials() throws IOException {
    cells.refresh();
    List<Open> trials = new ArrayList<>();
    for (StudyCell.Open next : cells.open(only)) {
      trials.add(documented(next));
    }
    return trials;
  }

  private Open documented(StudyCell.Open next) throws IOException {
    runner.write(next.trial());
    return new Open(next.trial().folder().toString(), next.until());
  }

  /**
   * Counts the tuning trials, which have the first numbers.
   *
   * @return their number, those that wait for laws included
   */
  public int tuningTrials() {
    return cells.tuning();
  }

  /**
   * Finds a trial by its place: all tuning trials come first, then all of the evaluation.
   *
   * @param number its place, from 0
   * @return the trial, which has its document
   * @throws InputException if there is no such trial, or it is not known before tuning is complete
   * @throws IOException if a folder cannot be read or written
   */
  public Open trial(int number) throws IOException {
    cells.refresh();
    return documented(cells.trial(number));
  }

  /**
   * Tells whether no trial is left to be run.
   *
   * @return whether all are complete
   * @throws IOException if a folder cannot be read
   */
  public boolean isComplete() throws IOException {
    cells.refresh();
    return cells.areTuned() && cells.open(only).isEmpty();
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
   * Tells whether a trial is where it was to go, failed ones too.
   *
   * @param open the trial
   * @return whether it has a row, or its loss at that step
   * @throws IOException if it cannot be read
   */
  public boolean hasResult(Open open) throws IOException {
    return runner.hasReached(runner.read(open.folder()), open.until());
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
    int before = cells.over();
    cells.refresh();
    if (cells.over() > before) {
      log.accept("[%d/%d] trials are over".formatted(cells.over(), cells.total()));
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
    cells.refresh();
    if (!keepCheckpoints) {
      removeCheckpoints();
    }
    writeRows();
    return cells.areTuned() && cells.open(only).isEmpty();
  }

  /** Runs the first trial that no other process is at; returns whether there was one. */
  private boolean runOne(List<StudyCell.Open> open, Set<Path> broken) throws IOException {
    for (StudyCell.Open next : open) {
      TrialSpec trial = next.trial();
      try {
        if (runner.hasReached(trial, next.until())) {
          continue; // another process was faster
        }
        Optional<ResultRow> row = runner.runIfFree(trial, next.until());
        if (row.isPresent()) {
          cells.refresh();
          log.accept(
              "[%d/%d] %s".formatted(cells.over(), cells.total(), describe(trial, row.get())));
          return true;
        }
        if (stop.getAsBoolean()) {
          return false;
        }
        if (runner.hasReached(trial, next.until())) {
          return true;
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

  private String describe(TrialSpec trial, ResultRow row) {
    StudyCell cell = cells.of(trial);
    String name =
        "%s, %s seed %d, %s"
            .formatted(
                trial.experiment(), cell, trial.config().options().seed, cell.searched(trial));
    return row.failed()
        ? "%s: failed. %s".formatted(name, row.failure())
        : String.format(Locale.ROOT, "%s: loss %.4f, %.0f s", name, row.loss(), row.seconds());
  }

  private void removeCheckpoints() throws IOException {
    for (StudyCell cell : cells.all()) {
      for (TrialSpec trial : cell.begun()) {
        if (cell.isOver(trial)) {
          runner.removeCheckpoints(trial);
        }
      }
    }
  }

  /**
   * Reads where every known trial stands. Evaluation trials are known when tuning is complete.
   *
   * @return rows in the order of the plan, those of trials not begun too
   * @throws IOException if a folder cannot be read
   */
  public List<StudyRow> rows() throws IOException {
    cells.refresh();
    List<StudyRow> rows = new ArrayList<>();
    for (StudyCell cell : cells.all()) {
      for (TrialSpec trial : cell.begun()) {
        rows.add(cell.row(trial));
      }
    }
    return rows;
  }

  /**
   * Returns the tuned values.
   *
   * @param size a size
   * @param entry an entry
   * @return values by the keys that were searched; empty while tuning is not complete, if all of it
   *     failed, or if the size leaves the entry out
   * @throws IOException if a folder cannot be read
   */
  public Map<String, Double> tuned(String size, StudyPlan.Entry entry) throws IOException {
    return cell(size, entry).map(StudyCell::tuned).orElse(Map.of());
  }

  /**
   * Returns the tuning trial with the tuned values.
   *
   * @param size a size
   * @param entry an entry
   * @return its row; empty where {@link #tuned} is
   * @throws IOException if a folder cannot be read
   */
  public Optional<StudyRow> winner(String size, StudyPlan.Entry entry) throws IOException {
    return cell(size, entry).flatMap(StudyCell::winner);
  }

  private Optional<StudyCell> cell(String size, StudyPlan.Entry entry) throws IOException {
    cells.refresh();
    return cells.of(size, entry);
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
  public Path write(String name, byte[] content) throws IOException {
    Path file = out.resolve(name);
    AtomicFiles.replace(file, stream -> stream.write(content));
    return file;
  }

  /**
   * Writes a text of the study's folder.
   *
   * @param name its name
   * @param content its content
   * @return the file
   * @throws IOException if it cannot be written
   */
  public Path write(String name, String content) throws IOException {
    return write(name, content.getBytes(StandardCharsets.UTF_8));
  }
}
