package dev.pullback.train.study;

import ai.djl.TrainingDivergedException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pullback.train.InputException;
import dev.pullback.train.config.RunOptions;
import dev.pullback.train.loop.TrainingRun;
import dev.pullback.train.store.AtomicFiles;
import dev.pullback.train.store.JsonFile;
import dev.pullback.train.store.MetricsFile;
import dev.pullback.train.store.RunWriter;
import dev.pullback.train.task.TaskData;
import dev.pullback.train.task.Tasks;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.DoubleSummaryStatistics;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Runs single trials and keeps what came of each in its folder, which is that of a run: {@code
 * trial.json} says what it is, {@code row.json} how it ended. A trial is complete, or goes on, or
 * starts.
 */
final class TrialRunner {

  /** No step comes after it. */
  static final long TO_ITS_END = Long.MAX_VALUE;

  /** The key of the first training loss that was logged. */
  static final String FIRST_LOSS = "firstLoss";

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String TRIAL = "trial.json";
  private static final String ROW = "row.json";
  private static final String METRICS = "metrics.jsonl";
  private static final long LOOK_AGAIN_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** Collecting thousands of short trials after each of them would take longer than they do. */
  private static final long COLLECT_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final Path out;
  private final String command;
  private final BooleanSupplier stop;
  private final Consumer<String> log;
  private final Map<List<Object>, TaskData> loaded = new HashMap<>();
  private long collected = System.nanoTime();

  /**
   * Creates the runner.
   *
   * @param out the folder of the results
   * @param command what was called, for the results
   */
  TrialRunner(Path out, String command, BooleanSupplier stop, Consumer<String> log) {
    this.out = out;
    this.command = command;
    this.stop = stop;
    this.log = log;
  }

  /**
   * Loads what a trial needs that is not complete, so that nothing is found to be missing after
   * hours of other trials.
   *
   * @throws InputException if the data cannot be had
   */
  void prepare(TrialSpec trial) throws IOException {
    if (completeRow(trial).isEmpty()) {
      data(trial);
    }
  }

  /** Loads data once; trials of the same data share them. */
  TaskData data(TrialSpec trial) {
    RunOptions o = trial.config().options();
    return loaded.computeIfAbsent(
        Arrays.asList(o.task, o.dataset, o.data, o.dataDir, o.tokenizer, o.context),
        key -> {
          TaskData data = Tasks.of(trial.config()).load(trial.config(), log);
          if (data.examples() > 0) {
            log.accept("Training on " + data.origin());
          }
          return data;
        });
  }

  /** Tells whether another process is running a trial. */
  boolean busy(TrialSpec trial) {
    Path folder = out.resolve(trial.folder());
    if (!Files.isDirectory(folder)) {
      return false;
    }
    Optional<RunWriter> writer = RunWriter.tryLock(folder);
    writer.ifPresent(RunWriter::close);
    return writer.isEmpty();
  }

  /**
   * Runs a trial or goes on with it, unless it is complete. Waits while another process is at it.
   *
   * @return its row; empty if it was stopped before it was complete
   * @throws InputException if its folder holds another trial, or cannot be written
   */
  Optional<ResultRow> run(TrialSpec trial) throws IOException {
    runTo(trial, TO_ITS_END);
    return completeRow(trial);
  }

  /**
   * Runs a trial up to a step. Waits while another process is at it.
   *
   * @param until the step of an evaluation, or {@link #TO_ITS_END}
   * @return whether it is there; else it was stopped
   */
  boolean runTo(TrialSpec trial, long until) throws IOException {
    runIfFree(trial, until);
    while (!hasReached(trial, until)) {
      if (stop.getAsBoolean()) {
        return false;
      }
      LockSupport.parkNanos(LOOK_AGAIN_NANOS);
      runIfFree(trial, until);
    }
    return true;
  }

  /** Tells whether a trial is over, or has its loss at a step. */
  boolean hasReached(TrialSpec trial, long until) throws IOException {
    return completeRow(trial).isPresent()
        || (until != TO_ITS_END && loss(trial, until).isPresent());
  }

  /** Returns the held-out loss after a step, if it was measured. */
  OptionalDouble loss(TrialSpec trial, long step) {
    Path file = out.resolve(trial.folder()).resolve(METRICS);
    return Files.exists(file)
        ? MetricsFile.losses(file, "validation").stream()
            .filter(point -> point.step() == step)
            .mapToDouble(MetricsFile.Point::loss)
            .findFirst()
        : OptionalDouble.empty();
  }

  /**
   * Returns what training logged: the means of the trace and the metric's scale, if there is a
   * metric, and the {@link #FIRST_LOSS}.
   */
  Map<String, Double> logged(TrialSpec trial) {
    Map<String, Double> values = new HashMap<>();
    Map<String, DoubleSummaryStatistics> sums = new HashMap<>();
    Path file = out.resolve(trial.folder()).resolve(METRICS);
    if (Files.exists(file)) {
      MetricsFile.lines(
          file,
          "train",
          line -> {
            if (line.path("loss").isNumber()) {
              values.putIfAbsent(FIRST_LOSS, line.path("loss").asDouble());
            }
            Stream.of("trace", "metricScale")
                .filter(key -> line.path(key).isNumber())
                .forEach(
                    key ->
                        sums.computeIfAbsent(key, k -> new DoubleSummaryStatistics())
                            .accept(line.path(key).asDouble()));
          });
    }
    sums.forEach((key, sum) -> values.put(key, sum.getAverage()));
    return values;
  }

  /** Returns what there is of a trial that does not go on. */
  ResultRow unfinishedRow(TrialSpec trial) {
    return Rows.of(trial, out.resolve(trial.folder()), null, computedBy(trial, null, null, null));
  }

  /** Tells where a trial without a row stands. */
  StudyRow.Status unfinished(TrialSpec trial) {
    if (!Files.exists(out.resolve(trial.folder()).resolve(METRICS))) {
      return StudyRow.Status.LEFT;
    }
    return busy(trial) ? StudyRow.Status.RUNNING : StudyRow.Status.STOPPED;
  }

  /**
   * Runs a trial or goes on with it, unless it is there.
   *
   * @param until the step of an evaluation, or {@link #TO_ITS_END}
   * @return its row; empty if it is not complete, or another process is at it
   * @throws InputException if its folder holds another trial, or cannot be written
   */
  Optional<ResultRow> runIfFree(TrialSpec trial, long until) throws IOException {
    requireSame(trial);
    if (hasReached(trial, until) || stop.getAsBoolean()) {
      return completeRow(trial);
    }
    // Refuses before anything is written.
    TrialSpec own = settled(trial);
    Optional<RunWriter> writer = RunWriter.tryLock(out.resolve(trial.folder()));
    return writer.isEmpty() ? Optional.empty() : runAlone(own, until, writer.get());
  }

  /**
   * Reads the trial of a folder.
   *
   * @param folder relative to that of the results
   * @throws InputException if it holds no trial, or that of another folder
   */
  TrialSpec read(String folder) {
    TrialSpec trial = TrialSpec.read(out.resolve(folder).resolve(TRIAL));
    if (!trial.folder().equals(Path.of(folder))) {
      throw new InputException(
          "%s holds the trial of %s".formatted(out.resolve(folder), trial.folder()));
    }
    return trial;
  }

  /** Records that a trial ended without a result, unless it has one. */
  void fail(TrialSpec trial, String failure) throws IOException {
    Optional<RunWriter> writer = RunWriter.tryLock(out.resolve(trial.folder()));
    if (writer.isPresent()) { // else somebody is at it
      try (RunWriter own = writer.get()) {
        if (row(trial).isEmpty()) {
          ResultRow.Run run = computedBy(trial, null, null, null);
          own.write(
              ROW, JSON.writeValueAsString(Rows.of(trial, own.folder().path(), failure, run)));
        }
      }
    }
  }

  private TrialSpec settled(TrialSpec trial) {
    return trial.with(TrainingRun.settled(trial.config(), data(trial)));
  }

  /**
   * Writes the document of a trial that has none, so that others can run it.
   *
   * @throws InputException if its folder holds another trial
   */
  void write(TrialSpec trial) throws IOException {
    requireSame(trial);
    Path folder = out.resolve(trial.folder());
    if (!Files.exists(folder.resolve(TRIAL))) {
      Optional<RunWriter> writer = RunWriter.tryLock(folder);
      if (writer.isPresent()) { // else whoever is at it writes it
        try (RunWriter own = writer.get()) {
          own.write(TRIAL, settled(trial).toJson());
        }
      }
    }
  }

  /** Returns the trial as its document has it, with the fingerprint of its data. */
  TrialSpec documented(TrialSpec trial) {
    requireSame(trial);
    Path file = out.resolve(trial.folder()).resolve(TRIAL);
    return Files.exists(file) ? TrialSpec.read(file) : trial;
  }

  /** Removes the checkpoints of a trial that is complete. */
  void removeCheckpoints(TrialSpec trial) throws IOException {
    Path folder = out.resolve(trial.folder());
    if (Files.isDirectory(folder.resolve("checkpoints"))) {
      Optional<RunWriter> writer = RunWriter.tryLock(folder);
      if (writer.isPresent()) {
        try (RunWriter own = writer.get()) {
          own.removeCheckpoints();
        }
      }
    }
  }

  private Optional<ResultRow> runAlone(TrialSpec trial, long until, RunWriter writer)
      throws IOException {
    Path folder = writer.folder().path();
    Optional<ResultRow> known = row(trial);
    if (known.isPresent()) {
      boolean complete = completeRow(trial).isPresent();
      if (complete || writer.folder().latest().isEmpty()) {
        writer.close();
      }
      if (complete) {
        return known;
      }
      if (writer.folder().latest().isEmpty()) {
        throw new InputException(
            "%s keeps %d epochs but no checkpoint to go on from; choose another --out"
                .formatted(folder, known.get().epochs()));
      }
    }
    TaskData data = data(trial);
    writer.write(TRIAL, trial.toJson());
    TrialProgress progress = new TrialProgress(folder, log);
    String failure = null;
    try (TrainingRun run = TrainingRun.open(trial.config(), writer, data, progress)) {
      try {
        if (!run.train(() -> progress.evaluatedStep() >= until || stop.getAsBoolean())) {
          return Optional.empty();
        }
      } catch (TrainingDivergedException e) {
        failure = e.getMessage();
      }
      ResultRow row = Rows.of(trial, folder, failure, computedBy(trial, data));
      writer.write(ROW, JSON.writeValueAsString(row));
      return Optional.of(row);
    }
  }

  Optional<ResultRow> completeRow(TrialSpec trial) throws IOException {
    Integer epochs = trial.config().options().epochs;
    return row(trial)
        .filter(
            row ->
                row.failed() || row.epochs() == null || epochs == null || row.epochs() >= epochs);
  }

  private static ObjectNode readRow(Path file) {
    return JsonFile.object(file, "the result of a trial");
  }

  /** Returns what came of a trial, perhaps after fewer epochs. */
  Optional<ResultRow> row(TrialSpec trial) throws IOException {
    Path file = out.resolve(trial.folder()).resolve(ROW);
    return Files.exists(file) ? Optional.of(ResultRow.of(readRow(file), file)) : Optional.empty();
  }

  /**
   * Reads the rows of all trials, of this and of earlier calls.
   *
   * @throws InputException if one is damaged
   */
  private ArrayNode rows(Path trials) throws IOException {
    ArrayNode rows = JSON.createArrayNode();
    // No deeper than the trials' folders: in them other processes make and remove files.
    try (Stream<Path> folders = Files.walk(trials, TrialSpec.FOLDERS)) {
      for (Path folder : folders.sorted().toList()) {
        Path file = folder.resolve(ROW);
        if (Files.exists(file)) {
          ObjectNode row = readRow(file);
          ResultRow.of(row, file);
          rows.add(row);
        }
      }
    }
    return rows;
  }

  /**
   * Refuses damaged rows before hours of trials, not when all are collected.
   *
   * @throws InputException if there is one
   */
  void requireReadableRows() throws IOException {
    Path trials = out.resolve("trials");
    if (Files.isDirectory(trials)) {
      rows(trials);
    }
  }

  /** Collects the rows of all trials in {@code results.json} if that was not done lately. */
  void writeResultsNowAndThen() throws IOException {
    if (System.nanoTime() - collected > COLLECT_NANOS) {
      writeResults();
    }
  }

  /** Collects the rows of all trials in {@code results.json}. */
  void writeResults() throws IOException {
    Path trials = out.resolve("trials");
    if (!Files.isDirectory(trials)) {
      return;
    }
    ObjectNode results = JSON.createObjectNode();
    results.set("rows", rows(trials));
    AtomicFiles.replace(out.resolve("results.json"), results.toPrettyString());
    collected = System.nanoTime();
  }

  /** Makes sure that the trial's folder, if it is there, is of the same trial. */
  private void requireSame(TrialSpec trial) {
    Path folder = out.resolve(trial.folder());
    Path file = folder.resolve(TRIAL);
    if (Files.exists(file)) {
      List<String> differences = trial.differences(TrialSpec.read(file));
      if (!differences.isEmpty()) {
        throw new InputException(
            "%s holds a trial with another %s; choose another --out"
                .formatted(folder, String.join(", ", differences)));
      }
    }
  }

  private ResultRow.Run computedBy(TrialSpec trial, TaskData data) {
    Long examples = data.examples() > 0 ? data.examples() : null;
    String device = trial.config().backend().device().toString();
    return computedBy(trial, device, examples, data.incomplete().orElse(null));
  }

  private ResultRow.Run computedBy(
      TrialSpec trial, String device, Long examples, String incomplete) {
    RunOptions options = trial.config().options();
    return new ResultRow.Run(
        command,
        options.engine.toString(),
        device,
        options.precision.toString().toLowerCase(Locale.ROOT),
        examples,
        incomplete);
  }
}
