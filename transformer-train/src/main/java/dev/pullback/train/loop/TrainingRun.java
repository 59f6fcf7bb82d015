package dev.pullback.train.loop;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDScope;
import ai.djl.training.GradientCollector;
import ai.djl.training.loss.Loss;
import dev.pullback.optim.StepOptimizer;
import dev.pullback.optim.StepReport;
import dev.pullback.tokenizer.CharTokenizer;
import dev.pullback.train.InputException;
import dev.pullback.train.SplitMix64;
import dev.pullback.train.config.RunConfig;
import dev.pullback.train.config.RunOptions;
import dev.pullback.train.data.DataDirectory;
import dev.pullback.train.data.TextData;
import dev.pullback.train.data.TextDatasets;
import dev.pullback.train.data.TokenBatch;
import dev.pullback.train.data.TokenData;
import dev.pullback.train.data.WindowSampler;
import dev.pullback.train.model.TokenCrossEntropy;
import dev.pullback.train.store.MetricsLog;
import dev.pullback.train.store.RunDirectory;
import dev.pullback.train.store.RunLock;
import dev.pullback.train.store.TrainingState;
import dev.pullback.train.task.Evaluation;
import dev.pullback.train.task.Session;
import java.io.IOException;
import java.nio.file.Path;
import java.util.function.BooleanSupplier;

/** One training run, from the first or the latest saved step to the last. */
public final class TrainingRun implements AutoCloseable {

  private static final String OPTIMIZER = "optimizer.safetensors";
  private static final String STATE = "state.json";
  private static final double SPEED_SMOOTHING = 0.95;

  private final RunOptions options;
  private final RunDirectory directory;
  private final RunLock lock;
  private final RunListener listener;
  private final Session session;
  private final TokenData data;
  private final WindowSampler sampler;
  private final Loss loss = new TokenCrossEntropy();
  private final Evaluation evaluation;
  private final StepOptimizer optimizer;
  private TrainingState state;
  private StepReport report;
  private double recentTokens;
  private double recentSeconds;

  private TrainingRun(
      RunConfig config,
      RunDirectory directory,
      RunLock lock,
      RunListener listener,
      Session session,
      TokenData data,
      TrainingState state) {
    this.options = config.options();
    this.directory = directory;
    this.lock = lock;
    this.listener = listener;
    this.session = session;
    this.data = data;
    this.state = state;
    this.sampler = new WindowSampler(options.seed, data.train().length, options.context);
    this.evaluation =
        new Evaluation(session.block(), session.store(), session.manager(), loss, options.batch);
    this.optimizer = config.optimizer().optReportListener(r -> report = r).build();
    optimizer.bind(session.block());
  }

  /**
   * Prepares a new run. The folder is created only when everything else is known to be usable.
   *
   * @param config the configuration
   * @param out the run's folder, absent or empty
   * @param listener hears what happens
   * @return the run, at step 0, with a first checkpoint
   * @throws InputException if the data or the folder cannot be used
   * @throws IOException if the first checkpoint cannot be written
   */
  public static TrainingRun create(RunConfig config, Path out, RunListener listener)
      throws IOException {
    TextData text = loadText(config.options(), listener);
    CharTokenizer tokenizer = CharTokenizer.fromText(text.text());
    TokenData data = TokenData.split(tokenizer.encode(text.text()), config.options().context);
    RunDirectory directory = RunDirectory.create(out);
    return locked(
        directory,
        lock -> {
          Session session = Session.create(config, tokenizer);
          TrainingState start = TrainingState.begin(text.sha256());
          TrainingRun run =
              new TrainingRun(config, directory, lock, listener, session, data, start);
          directory.saveConfig(config.toYaml());
          run.save();
          return run;
        });
  }

  /**
   * Prepares to continue a run from its latest checkpoint.
   *
   * @param config the run's own configuration, possibly with changed values
   * @param directory the run's folder
   * @param listener hears what happens
   * @return the run, at the step of the checkpoint
   * @throws InputException if the checkpoint is not complete, or belongs to another text or model,
   *     or another process is training the run
   * @throws IOException if the configuration cannot be written
   */
  public static TrainingRun resume(RunConfig config, RunDirectory directory, RunListener listener)
      throws IOException {
    return locked(directory, lock -> resume(config, directory, lock, listener));
  }

  private static TrainingRun resume(
      RunConfig config, RunDirectory directory, RunLock lock, RunListener listener)
      throws IOException {
    TrainingState state = TrainingState.read(directory.checkpoint().resolve(STATE));
    TextData text = loadText(config.options(), listener);
    if (!text.sha256().equals(state.dataSha256())) {
      throw new InputException(
          "%s was trained on another text than %s".formatted(directory.path(), text.origin()));
    }
    Session session = Session.load(directory, config);
    TokenData data =
        TokenData.split(session.tokenizer().encode(text.text()), config.options().context);
    TrainingRun run = new TrainingRun(config, directory, lock, listener, session, data, state);
    Path file = directory.checkpoint().resolve(OPTIMIZER);
    try {
      run.optimizer.loadState(file);
    } catch (IOException | IllegalArgumentException e) {
      run.close();
      throw new InputException("cannot continue from %s: %s".formatted(file, e.getMessage()), e);
    }
    directory.saveConfig(config.toYaml());
    return run;
  }

  /** Takes the lock, and gives it back if the run cannot be prepared. */
  private static TrainingRun locked(RunDirectory directory, Preparation preparation)
      throws IOException {
    RunLock lock =
        RunLock.take(directory.path())
            .orElseThrow(
                () ->
                    new InputException(directory.path() + " is being trained by another process"));
    try {
      return preparation.with(lock);
    } catch (IOException | RuntimeException e) {
      lock.close();
      throw e;
    }
  }

  /** What is done under the lock before a run can train. */
  private interface Preparation {
    TrainingRun with(RunLock lock) throws IOException;
  }

  /** Loads the text and remembers which it was, so that a resumed run takes the same. */
  private static TextData loadText(RunOptions options, RunListener listener) {
    TextData text =
        new TextDatasets()
            .load(
                options.dataset,
                options.data,
                DataDirectory.choose(options.dataDir),
                listener::onMessage);
    listener.onMessage("Training on " + text.origin());
    if (options.data != null) {
      options.data = options.data.toAbsolutePath();
    } else {
      options.dataset = text.name();
    }
    return text;
  }

  /**
   * Trains to the last step. Every evaluation is followed by a checkpoint; so is a stop.
   *
   * @param stop asked before every step whether to stop early
   * @return whether the run is complete
   * @throws IOException if metrics or a checkpoint cannot be written; the one before stays
   */
  public boolean train(BooleanSupplier stop) throws IOException {
    try (MetricsLog metrics = MetricsLog.open(directory.metrics(), state.step())) {
      listener.onBegin(state.step(), options.maxSteps);
      while (state.step() < options.maxSteps && !stop.getAsBoolean()) {
        step();
        if (state.step() % options.logInterval == 0) {
          metrics.train(state, report);
        }
        listener.onStep(state.step(), report.loss(), recentTokens / recentSeconds);
        if (state.step() % options.evalInterval == 0 || state.step() == options.maxSteps) {
          state = state.afterEvaluation(evaluation.meanLoss(data.validation()));
          metrics.validation(state);
          listener.onValidation(state.step(), state.validationLoss());
          save();
        }
      }
      if (state.step() < options.maxSteps) {
        save();
      }
      listener.onEnd();
      return state.step() >= options.maxSteps;
    }
  }

  /** Token array, batch, block, loss, backward, optimiser step. */
  private void step() {
    long begin = System.nanoTime();
    long number = state.step() + 1;
    Engine engine = session.manager().getEngine();
    engine.setRandomSeed((int) SplitMix64.mix(SplitMix64.mix(options.seed, "dropout"), number));
    for (int part = 0; part < options.accumulate; part++) {
      try (NDScope scope = new NDScope();
          GradientCollector collector = engine.newGradientCollector()) {
        scope.suppressNotUsedWarning();
        int[] starts = sampler.starts(number, part, options.batch);
        TokenBatch batch =
            TokenBatch.gather(session.manager(), data.train(), starts, options.context);
        NDList logits = session.block().forward(session.store(), new NDList(batch.inputs()), true);
        NDArray value = loss.evaluate(new NDList(batch.targets()), logits);
        optimizer.observeLoss(value);
        collector.backward(value);
      }
    }
    optimizer.step();
    double seconds = (System.nanoTime() - begin) * 1e-9;
    long tokens = (long) options.batch * options.accumulate * options.context;
    state = state.afterStep(tokens, seconds);
    recentTokens = SPEED_SMOOTHING * recentTokens + tokens;
    recentSeconds = SPEED_SMOOTHING * recentSeconds + seconds;
  }

  private void save() throws IOException {
    directory.saveCheckpoint(
        folder -> {
          session.save(folder);
          optimizer.saveState(folder.resolve(OPTIMIZER));
          state.write(folder.resolve(STATE));
        });
  }

  /**
   * Returns the model that is trained.
   *
   * @return the session, owned by the run
   */
  public Session session() {
    return session;
  }

  /**
   * Returns the latest validation loss.
   *
   * @return mean cross entropy in nats per token; 0 before the first evaluation
   */
  public double validationLoss() {
    return state.validationLoss();
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
    optimizer.close();
    session.close();
    lock.close();
  }
}
