package dev.pullback.train.task;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDScope;
import ai.djl.training.loss.Loss;
import dev.pullback.train.InputException;
import dev.pullback.train.config.RunConfig;
import dev.pullback.train.config.RunOptions;
import dev.pullback.train.data.TokenBatch;
import dev.pullback.train.data.TokenData;
import dev.pullback.train.data.WindowSampler;
import dev.pullback.train.model.TokenCrossEntropy;
import dev.pullback.train.store.Checkpoint;
import dev.pullback.train.store.CheckpointFiles;
import java.io.IOException;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;

/**
 * A language model on windows of a token stream. Cross entropy in nats per token is trained on and
 * measured, perplexity is the metric.
 */
final class TextWorkload implements Workload {

  private final LanguageModel model;
  private final TokenData data;
  private final RunOptions options;
  private final Windows windows;
  private final int stepsPerEpoch;
  private final Loss loss = new TokenCrossEntropy();

  /** Where the windows of a batch begin. */
  private interface Windows {
    int[] starts(long step, int part);
  }

  private TextWorkload(
      LanguageModel model, TokenData data, RunConfig config, Windows windows, int stepsPerEpoch) {
    this.model = model;
    this.data = data;
    this.options = config.options();
    this.windows = windows;
    this.stepsPerEpoch = stepsPerEpoch;
  }

  /** Windows that begin anywhere. */
  static TextWorkload atRandom(LanguageModel model, TokenData data, RunConfig config) {
    RunOptions o = config.options();
    WindowSampler sampler = new WindowSampler(o.seed, data.train().length, o.context);
    return new TextWorkload(
        model, data, config, (step, part) -> sampler.starts(step, part, o.batch), 0);
  }

  /** Windows that do not overlap, shuffled once. */
  static TextWorkload inEpochs(LanguageModel model, TokenData data, RunConfig config) {
    RunOptions o = config.options();
    int count = windows(data.train(), o.context);
    Epochs epochs = new Epochs(count, o.batch, o.accumulate, o.seed, false);
    Windows windows =
        (step, part) ->
            IntStream.of(epochs.batch(step, part)).map(window -> window * o.context).toArray();
    return new TextWorkload(model, data, config, windows, epochs.steps());
  }

  /** How many windows have all their targets. */
  static int windows(int[] tokens, int context) {
    return (tokens.length - 1) / context;
  }

  @Override
  public ModelInMemory model() {
    return model.model();
  }

  @Override
  public Optional<LanguageModel> languageModel() {
    return Optional.of(model);
  }

  @Override
  public int stepsPerEpoch() {
    return stepsPerEpoch;
  }

  @Override
  public long examplesPerStep() {
    return (long) options.batch * options.accumulate * options.context;
  }

  @Override
  public double flopsPerStep() {
    return model.block().config().flopsPerToken() * examplesPerStep();
  }

  @Override
  public double activationBytes() {
    return model.block().config().activationsPerToken()
        * Float.BYTES
        * options.batch
        * options.context;
  }

  @Override
  public NDArray loss(long step, int part) {
    return loss(data.train(), windows.starts(step, part), options.context, true);
  }

  private NDArray loss(int[] tokens, int[] starts, int length, boolean training) {
    TokenBatch batch = TokenBatch.gather(manager(), tokens, starts, length);
    NDArray logits = model().forward(batch.inputs(), training);
    return loss.evaluate(new NDList(batch.targets()), new NDList(logits));
  }

  /**
   * {@inheritDoc}
   *
   * <p>The validation stream is cut into windows of one context that do not overlap; the last may
   * be shorter and counts in the loss only. Passes are as large as training batches, so that
   * evaluation needs no more memory than training. Every token but the first is predicted once. A
   * part of the split is made of batches that are spread evenly over it.
   */
  @Override
  public Optional<Score> evaluate(int batches, BooleanSupplier stop) {
    return model().withoutGradients(() -> score(batches, stop));
  }

  private Optional<Score> score(int batches, BooleanSupplier stop) {
    int[] tokens = data.validation();
    int context = options.context;
    int size = options.batch;
    int count = windows(tokens, context);
    int passes = (count + size - 1) / size;
    int taken = batches == 0 ? passes : Math.min(batches, passes);
    double sum = 0;
    double whole = 0;
    long targets = 0;
    long wholeTargets = 0;
    for (int i = 0; i < taken; i++) {
      if (stop.getAsBoolean()) {
        return Optional.empty();
      }
      int first = Math.toIntExact((long) i * passes / taken) * size;
      int[] starts =
          IntStream.range(first, Math.min(first + size, count)).map(w -> w * context).toArray();
      double part = summed(tokens, starts, context);
      sum += part;
      targets += (long) starts.length * context;
      if (starts.length == size) {
        whole += part;
        wholeTargets += (long) size * context;
      }
    }
    double full = sum / targets;
    int rest = tokens.length - 1 - count * context;
    if (rest > 0 && taken == passes) {
      sum += summed(tokens, new int[] {count * context}, rest);
      targets += rest;
    }
    return Optional.of(new Score(sum / targets, Math.exp(whole / wholeTargets), Math.exp(full)));
  }

  private double summed(int[] tokens, int[] starts, int length) {
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      return (double) loss(tokens, starts, length, false).getFloat() * starts.length * length;
    }
  }

  @Override
  public void save(CheckpointFiles files) throws IOException {
    model.save(files);
  }

  @Override
  public void load(Checkpoint checkpoint) {
    if (!LanguageModel.tokenizer(checkpoint).toJson().equals(model.tokenizer().toJson())) {
      throw new InputException(
          checkpoint.folder() + " has another tokenizer than the text that is trained on");
    }
    model().load(checkpoint);
  }
}
