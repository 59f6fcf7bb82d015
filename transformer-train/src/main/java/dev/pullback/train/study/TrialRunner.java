package dev.pullback.train.study;

import ai.djl.TrainingDivergedException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pullback.train.FailureReason;
import dev.pullback.train.InputException;
import dev.pullback.train.loop.EpochTrial;
import dev.pullback.train.loop.StepLine;
import dev.pullback.train.store.RunDirectory;
import dev.pullback.train.store.RunLock;
import dev.pullback.train.task.Compute;
import dev.pullback.train.task.LowDimensionalTrial;
import dev.pullback.train.task.Subject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Runs single trials and keeps what came of each in its folder: {@code trial.json} says what it is,
 * {@code row.json} how it ended.
 */
public final class TrialRunner {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String TRIAL = "trial.json";
  private static final String ROW = "row.json";
  private static final long LOOK_AGAIN_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** Collecting thousands of short trials after each of them would take longer than they do. */
  private static final long COLLECT_NANOS = TimeUnit.SECONDS.toNanos(10);

  private final Path out;
  private final String command;
  private final int epochs;
  private final Compute compute;
  private final Function<String, Subject> subjects;
  private final BooleanSupplier stop;
  private final Consumer<String> log;
  private long collected = System.nanoTime();

  /**
   * Creates the runner.
   *
   * @param out the folder of the results
   * @param command what was called, for the results
   * @param epochs epochs of each trial, or 0 for the paper's
   * @param subjects finds a data set by its name
   */
  public TrialRunner(
      Path out,
      String command,
      int epochs,
      Compute compute,
      Function<String, Subject> subjects,
      BooleanSupplier stop,
      Consumer<String> log) {
    this.out = out;
    this.command = command;
    this.epochs = epochs;
    this.compute = compute;
    this.subjects = subjects;
    this.stop = stop;
    this.log = log;
  }

  /**
   * Loads what a trial needs that is not complete, so that nothing is found to be missing after
   * hours of other trials.
   *
   * @throws InputException if the data cannot be had
   */
  public void prepare(Trial trial) throws IOException {
    if (!trial.onFunction() && completeRow(trial).isEmpty()) {
      subjects.apply(trial.subject()).load();
    }
  }

  /** Tells whether another process is running a trial. */
  public boolean busy(Trial trial) {
    Path folder = folder(trial);
    if (!Files.isDirectory(folder)) {
      return false;
    }
    Optional<RunLock> lock = RunLock.take(folder);
    lock.ifPresent(RunLock::close);
    return lock.isEmpty();
  }

  /**
   * Runs a trial or goes on with it, unless it is complete. Waits while another process is at it.
   *
   * @return its row; empty if it was stopped before it was complete
   * @throws InputException if its folder holds another trial, or cannot be written
   */
  @SuppressWarnings("try") // the lock is only held
  public Optional<ResultRow> run(Trial trial) throws IOException {
    Optional<ResultRow> known = completeRow(trial);
    if (known.isPresent()) {
      claim(trial);
      return known;
    }
    if (stop.getAsBoolean()) {
      return Optional.empty();
    }
    prepare(trial); // refuses before anything is written
    Path folder = claim(trial);
    Optional<RunLock> lock = RunLock.take(folder);
    while (lock.isEmpty() && !stop.getAsBoolean()) {
      LockSupport.parkNanos(LOOK_AGAIN_NANOS);
      lock = RunLock.take(folder);
    }
    if (lock.isEmpty()) {
      return Optional.empty();
    }
    try (RunLock own = lock.get()) {
      return runAlone(trial, folder);
    }
  }

  private Optional<ResultRow> runAlone(Trial trial, Path folder) throws IOException {
    Optional<ResultRow> known = completeRow(trial);
    if (known.isPresent()) {
      return known;
    }
    Optional<ResultRow> row =
        trial.onFunction() ? Optional.of(lowDimensional(trial, folder)) : train(trial, folder);
    if (row.isPresent()) {
      RunDirectory.replace(folder.resolve(ROW), JSON.writeValueAsString(row.get()));
      if (System.nanoTime() - collected > COLLECT_NANOS) {
        writeResults();
      }
    }
    return row;
  }

  private Optional<ResultRow> completeRow(Trial trial) throws IOException {
    return row(trial).filter(row -> complete(row, trial));
  }

  /** Returns what came of a trial, perhaps after fewer epochs. */
  public Optional<ResultRow> row(Trial trial) throws IOException {
    Path file = folder(trial).resolve(ROW);
    return Files.exists(file)
        ? Optional.of(JSON.readValue(file.toFile(), ResultRow.class))
        : Optional.empty();
  }

  /** Collects the rows of all trials in {@code results.json}, of this and of earlier calls. */
  public void writeResults() throws IOException {
    Path trials = out.resolve("trials");
    if (!Files.isDirectory(trials)) {
      return;
    }
    ObjectNode results = JSON.createObjectNode();
    // No deeper than the trials' folders: in them other processes make and remove files.
    try (Stream<Path> folders = Files.walk(trials, Trial.FOLDERS)) {
      for (Path folder : folders.sorted().toList()) {
        if (Files.exists(folder.resolve(ROW))) {
          results.withArray("rows").add(JSON.readTree(folder.resolve(ROW).toFile()));
        }
      }
    }
    RunDirectory.replace(out.resolve("results.json"), results.toPrettyString());
    collected = System.nanoTime();
  }

  private boolean complete(ResultRow row, Trial trial) {
    return row.failed() || row.epochs() == null || row.epochs() >= epochs(trial);
  }

  private int epochs(Trial trial) {
    return epochs > 0 ? epochs : subjects.apply(trial.subject()).epochs();
  }

  private Path folder(Trial trial) {
    return out.resolve(trial.folder());
  }

  /** Makes the trial's folder, or makes sure that the one there is of the same trial. */
  private Path claim(Trial trial) throws IOException {
    Path folder = folder(trial);
    Path file = folder.resolve(TRIAL);
    ObjectNode node = JSON.valueToTree(trial);
    node.put("engine", compute.engine().toString());
    node.put("precision", compute.precision().toString());
    if (Files.exists(file)) {
      JsonNode other = JSON.readTree(file.toFile());
      if (!other.equals(JSON.readTree(node.toString()))) {
        throw new InputException(
            "%s holds a trial with other hyperparameters, engine or precision (%s); choose another --out"
                .formatted(folder, other));
      }
      return folder;
    }
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw new InputException(
          "cannot write to --out %s: %s".formatted(folder, FailureReason.of(e)), e);
    }
    RunDirectory.replace(file, node.toString());
    return folder;
  }

  private ResultRow lowDimensional(Trial trial, Path folder) throws IOException {
    LowDimensionalTrial.Path path = LowDimensionalTrial.run(trial, compute);
    ObjectNode node = JSON.createObjectNode();
    node.set("x", JSON.valueToTree(path.x()));
    node.set("y", JSON.valueToTree(path.y()));
    node.set("f", JSON.valueToTree(path.f()));
    RunDirectory.replace(folder.resolve("path.json"), node.toString());
    if (!trial.task().equals(ResultRow.SEARCH)) { // thousands of trials would fill gigabytes
      String lines =
          path.reports().stream()
              .map(report -> StepLine.of(report.step(), report) + "\n")
              .collect(Collectors.joining());
      RunDirectory.replace(folder.resolve("steps.jsonl"), lines);
    }
    return Rows.of(trial, path, computedBy(null));
  }

  private Optional<ResultRow> train(Trial trial, Path folder) throws IOException {
    Subject subject = subjects.apply(trial.subject());
    Optional<ResultRow> shorter = row(trial);
    if (shorter.isPresent() && !new RunDirectory(folder).hasCheckpoint()) {
      throw new InputException(
          "%s keeps %d epochs but no checkpoint to go on from; choose another --out"
              .formatted(folder, shorter.get().epochs()));
    }
    String failure = null;
    Subject.Data data = subject.load();
    try (EpochTrial running = EpochTrial.open(trial, data, folder, compute.kernels(), log)) {
      if (!running.train(epochs(trial), stop)) {
        return Optional.empty();
      }
    } catch (TrainingDivergedException e) {
      failure = e.getMessage();
    }
    return Optional.of(
        Rows.of(trial, subject, folder, failure, computedBy((long) data.examples())));
  }

  private ResultRow.Run computedBy(Long trainingExamples) {
    return new ResultRow.Run(
        command,
        compute.engine().toString(),
        compute.precision().toString().toLowerCase(Locale.ROOT),
        trainingExamples);
  }
}
