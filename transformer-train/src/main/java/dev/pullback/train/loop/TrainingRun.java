package dev.pullback.train.loop;

import ai.djl.TrainingDivergedException;
import ai.djl.util.Pair;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pullback.optim.StepOptimizer;
import dev.pullback.optim.StepReport;
import dev.pullback.train.InputException;
import dev.pullback.train.config.RunConfig;
import dev.pullback.train.config.RunOptions;
import dev.pullback.train.store.Checkpoint;
import dev.pullback.train.store.JsonLines;
import dev.pullback.train.store.Retention;
import dev.pullback.train.store.RunWriter;
import dev.pullback.train.task.Goal;
import dev.pullback.train.task.Score;
import dev.pullback.train.task.Task;
import dev.pullback.train.task.TaskData;
import dev.pullback.train.task.Tasks;
import dev.pullback.train.task.Workload;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BooleanSupplier;

/**
 * One training run, from the first or the latest saved step to the last: the loop that every task,
 * experiment and study goes through. Its folder has one writer, which the run owns.
 */
public final class TrainingRun implements AutoCloseable {

  private static final String CHANGES = "changes.jsonl";
  private static final double SPEED_SMOOTHING = 0.95;

  /**
   * DJL collects gradients for one run of a process at a time; several take turns, step by step.
   */
  private static final ReentrantLock GRADIENTS = new ReentrantLock();

  private final RunConfig config;
  private final RunOptions options;
  private final RunWriter folder;
  private final RunListener listener;
  private final Task task;
  private final Workload work;
  private final RankLink link;
  private final int maxSteps;
  private final Stepper stepper;
  private final long began = System.nanoTime();
  private double elapsedBefore;
  private TrainingState state;
  private TrainingState saved;
  private double loss = Double.NaN;
  private double recentSteps;
  private double recentSeconds;
  private BooleanSupplier asked = () -> false;

  private TrainingRun(
      RunConfig config,
      RunWriter folder,
      TaskData data,
      RunListener listener,
      RankLink link,
      Workload work) {
    this.config = config;
    this.options = config.options();
    this.folder = folder;
    this.listener = listener;
    this.link = link;
    this.work = work;
    this.task = Tasks.of(config);
    this.maxSteps = config.steps(work.stepsPerEpoch(), work.examplesPerStep());
    this.state = TrainingState.begin(data.sha256());
    this.stepper = Stepper.of(config, work, link);
  }

  /**
   * Prepares a run, at the step of its latest checkpoint if there is one. On failure the folder's
   * writer is closed.
   *
   * @param config the configuration
   * @param folder the run's folder, owned from now on
   * @param data the task's data
   * @param listener hears what happens
   * @return the run
   * @throws InputException if data, configuration or checkpoint do not fit together
   * @throws IOException if the folder cannot be written
   */
  public static TrainingRun open(
      RunConfig config, RunWriter folder, TaskData data, RunListener listener) throws IOException {
    return open(config, folder, data, listener, RankLink.NONE);
  }

  /**
   * Prepares a run of several processes in its rank 0; the others are {@link FollowingRun}s. On
   * failure the folder's writer and the link are closed.
   *
   * @param config the configuration
   * @param folder the run's folder, owned from now on
   * @param data the task's data
   * @param listener hears what happens
   * @param link to the other ranks, owned from now on
   * @return the run
   * @throws InputException if data, configuration, checkpoint or ranks do not fit together
   * @throws IOException if the folder cannot be written, or another rank is gone
   */
  public static TrainingRun open(
      RunConfig config, RunWriter folder, TaskData data, RunListener listener, RankLink link)
      throws IOException {
    Workload work = null;
    TrainingRun run = null;
    try {
      RunConfig settled = settled(config, data);
      Optional<Checkpoint> latest = folder.folder().latest();
      link.agree(latest);
      work = data.workload(settled, latest.isEmpty(), link.share());
      run = new TrainingRun(settled, folder, data, listener, link, work);
      if (latest.isPresent()) {
        run.load(latest.get());
      }
      run.stepper.requireEqualRanks();
      run.writeConfig(latest.isPresent());
      if (latest.isEmpty() && run.options.saveInterval > 0) {
        run.save(false);
      }
      return run;
    } catch (IOException | RuntimeException | Error e) {
      if (run != null) {
        run.close();
      } else {
        if (work != null) {
          work.close();
        }
        folder.close();
        link.close();
      }
      throw e;
    }
  }

  /**
   * Writes down which data were chosen.
   *
   * @param config the configuration
   * @param data what it loaded
   * @return the configuration with their name and fingerprint
   * @throws InputException if others had been written down
   */
  public static RunConfig settled(RunConfig config, TaskData data) {
    String expected = config.options().dataSha256;
    if (expected != null && !expected.equals(data.sha256())) {
      throw new InputException(
          "this was trained on another text or other data than %s: their SHA-256 is %s, expected %s"
              .formatted(data.origin(), data.sha256(), expected));
    }
    Map<String, String> settled = new LinkedHashMap<>(data.settled());
    if (!data.sha256().isEmpty()) {
      settled.put("data-sha256", data.sha256());
    }
    return config.with(settled);
  }

  private void load(Checkpoint checkpoint) {
    TrainingState found = TrainingState.read(checkpoint.file(TrainingState.FILE));
    if (!found.dataSha256().equals(state.dataSha256())) {
      throw new InputException(
          "%s was trained on another text or other data; choose another --out, or the data of before"
              .formatted(folder.folder().path()));
    }
    state = found;
    saved = found;
    elapsedBefore = found.elapsedSeconds();
    work.load(checkpoint);
    stepper.resume(checkpoint);
  }

  /** Writes the configuration, and what a continued run changes of it. */
  private void writeConfig(boolean continued) throws IOException {
    if (continued) {
      RunConfig before = RunConfig.read(folder.folder().config());
      Map<String, Pair<String, String>> changes = config.differences(before);
      if (!changes.isEmpty()) {
        ObjectNode line = JsonNodeFactory.instance.objectNode();
        line.put("step", state.step());
        changes.forEach(
            (key, values) ->
                line.putObject(key).put("from", values.getKey()).put("to", values.getValue()));
        try (JsonLines lines = folder.openLines(CHANGES, Long.MAX_VALUE)) {
          lines.write(line);
        }
      }
    }
    folder.write("config.yaml", config.toYaml());
  }

  /**
   * Trains to the last step, or to the end of the budget of seconds. An evaluation that was
   * interrupted is done when the run is continued.
   *
   * @param stop asked before every step, and between the batches of an evaluation, whether to stop
   *     early; what was done until then is saved
   * @return whether the run is complete
   * @throws TrainingDivergedException if values are not finite any more
   * @throws IOException if metrics or a checkpoint cannot be written; the one before stays
   */
  public boolean train(BooleanSupplier stop) throws IOException {
    asked = aliveUntil(stop);
    try (JsonLines lines = folder.openLines(MetricsLog.FILE, this::isKnown)) {
      MetricsLog metrics = new MetricsLog(lines, work.stepsPerEpoch());
      listener.onBegin(plan());
      while (true) {
        boolean best = false;
        boolean over = isOver(); // seconds that end during an evaluation do not make it the last
        if (isEvaluationDue(over) && state.evaluatedStep() != state.step()) {
          Optional<Score> measured =
              stepper.withEvaluationWeights(() -> work.evaluate(evalIters(over), asked));
          if (measured.isEmpty()) {
            break;
          }
          best = take(measured.get(), metrics);
        }
        boolean finished = over || isSolved();
        if (finished || best || isSaveDue()) {
          save(best);
        }
        if (finished) {
          link.tell(RankLink.Signal.COMPLETE);
          return true;
        }
        if (stop.getAsBoolean()) {
          break;
        }
        step(metrics);
      }
      save(false);
      link.tell(RankLink.Signal.STOPPED);
      return false;
    } finally {
      listener.onEnd();
    }
  }

  /**
   * Tells whether somebody wants the run to stop. What a listener does between two steps asks it
   * now and then, which shows other ranks that this one is alive.
   *
   * @return whether to stop
   * @throws UncheckedIOException if another rank is gone; the cause is a {@link LostRanksException}
   */
  public boolean isAskedToStop() {
    return asked.getAsBoolean();
  }

  /** Whether a line of an earlier process will not be written again. */
  private boolean isKnown(ObjectNode line) {
    boolean repeated =
        state.evaluatedStep() != state.step()
            && line.path("step").asLong() == state.step()
            && line.path("split").asText().equals("validation");
    return JsonLines.isUpTo(state.step(), line) && !repeated;
  }

  /** Shows the other ranks meanwhile that this one is alive. */
  private BooleanSupplier aliveUntil(BooleanSupplier stop) {
    return () -> {
      try {
        link.alive();
      } catch (LostRanksException e) {
        throw new UncheckedIOException(e);
      }
      return stop.getAsBoolean();
    };
  }

  private RunListener.Plan plan() {
    double bytes =
        Float.BYTES * ((double) work.weights() + work.parameters())
            + stepper.stateBytes()
            + work.activationBytes();
    return new RunListener.Plan(
        state.step(),
        maxSteps,
        work.weights(),
        work.parameters(),
        bytes,
        work.examplesPerStep(),
        work.flopsPerStep(),
        link.share().ranks(),
        config.backend(),
        options.precision);
  }

  private boolean isEvaluationDue(boolean over) {
    if (state.step() == 0) {
      return work.evaluatesStart();
    }
    int interval = options.evalInterval > 0 ? options.evalInterval : work.stepsPerEpoch();
    return over || (interval > 0 && state.step() % interval == 0);
  }

  private int evalIters(boolean over) {
    return over && options.finalEvalIters != null ? options.finalEvalIters : options.evalIters;
  }

  private boolean isSaveDue() {
    return options.saveInterval > 0 && state.step() % options.saveInterval == 0;
  }

  /** Whether the budget is used up. */
  private boolean isOver() {
    return state.step() >= maxSteps
        || (options.maxSeconds > 0 && state.step() > 0 && elapsed() >= options.maxSeconds);
  }

  private boolean isSolved() {
    return state.evaluatedStep() == state.step() && work.isSolved(state.full());
  }

  private double elapsed() {
    return elapsedBefore + (System.nanoTime() - began) * 1e-9;
  }

  /** Takes a score; returns whether it is the best so far and worth a checkpoint. */
  private boolean take(Score measured, MetricsLog metrics) throws IOException {
    double value = TrainingState.primary(measured.loss(), measured.full());
    boolean lower = !Double.isNaN(measured.loss()) || task.goal() == Goal.LOWER;
    boolean best =
        Double.isFinite(value)
            && (Double.isNaN(state.best())
                || (lower ? value < state.best() : value > state.best()));
    state = state.afterEvaluation(measured.loss(), measured.full(), best);
    metrics.validation(state, measured);
    listener.onValidation(state.step(), measured);
    if (!Double.isFinite(value)) {
      throw new TrainingDivergedException(
          "After step %d the %s is %s"
              .formatted(
                  state.step(),
                  Double.isNaN(measured.loss()) ? task.metric() : "validation loss",
                  value));
    }
    return best && options.saveInterval > 0;
  }

  /** Batch, model, loss, backward, optimiser step. */
  private void step(MetricsLog metrics) throws IOException {
    long begin = System.nanoTime();
    long number = state.step() + 1;
    link.tell(RankLink.Signal.STEP);
    link.beginStep();
    GRADIENTS.lock();
    try {
      stepper.seed(options.seed, number, 0);
      stepper.step(number);
    } finally {
      GRADIENTS.unlock();
    }
    double seconds = (System.nanoTime() - begin) * 1e-9;
    state = state.afterStep(work.examplesPerStep(), seconds);
    recentSteps = SPEED_SMOOTHING * recentSteps + 1;
    recentSeconds = SPEED_SMOOTHING * recentSeconds + seconds;
    if (state.step() % options.logInterval == 0) {
      StepReport report = stepper.report();
      loss = report.loss();
      metrics.train(state, report, link.seconds(seconds));
      listener.onReport(state.step(), report);
    }
    if (link.comparesAt(state.step())) {
      compare();
    }
    listener.onStep(new RunListener.Progress(state.step(), loss, recentSteps / recentSeconds));
  }

  /** All ranks must have the same weights. */
  private void compare() throws IOException {
    link.tell(RankLink.Signal.COMPARE);
    stepper.requireEqualRanks();
  }

  private void save(boolean best) throws IOException {
    if (saved != null
        && saved.step() == state.step()
        && saved.evaluatedStep() == state.evaluatedStep()) {
      return;
    }
    compare();
    state = state.at(elapsed());
    folder.save(
        state.step(),
        best,
        new Retention(options.keepLast, options.keepEvery),
        files -> {
          stepper.withEvaluationWeights(
              () -> {
                work.save(files);
                try (OutputStream out = files.create(Stepper.STATE)) {
                  stepper.save(out);
                }
                return files;
              });
          try (OutputStream out = files.create(TrainingState.FILE)) {
            state.write(out);
          }
        });
    saved = state;
  }

  /**
   * Does something with the weights that evaluations and checkpoints use, which may be an average.
   *
   * @param work what to do
   * @param <T> what it returns
   * @param <E> what it throws
   * @return what it returned
   * @throws E if it did
   */
  public <T, E extends Exception> T withEvaluationWeights(StepOptimizer.Evaluation<T, E> work)
      throws E {
    return stepper.withEvaluationWeights(work);
  }

  /**
   * Returns what is trained.
   *
   * @return the workload, owned by the run
   */
  public Workload workload() {
    return work;
  }

  /**
   * Returns the task.
   *
   * @return what the workload belongs to
   */
  public Task task() {
    return task;
  }

  /**
   * Returns the latest validation loss.
   *
   * @return the mean loss; NaN where there is none
   */
  public double validationLoss() {
    return state.loss();
  }

  /**
   * Returns the latest score of the task's metric.
   *
   * @return over everything that was measured; NaN before the first evaluation
   */
  public double metric() {
    return state.full();
  }

  /**
   * Returns the steps taken.
   *
   * @return at least 0
   */
  public long stepsTaken() {
    return state.step();
  }

  @Override
  public void close() {
    stepper.close();
    work.close();
    folder.close();
    link.close();
  }
}
