package dev.pullback.train.task;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDScope;
import ai.djl.training.loss.Loss;
import dev.pullback.engine.HostValues;
import dev.pullback.tokenizer.TextTokenizer;
import dev.pullback.train.InputException;
import dev.pullback.train.config.RunConfig;
import dev.pullback.train.config.RunOptions;
import dev.pullback.train.data.TokenBatch;
import dev.pullback.train.data.TokenData;
import dev.pullback.train.data.TokenStream;
import dev.pullback.train.data.WindowSampler;
import dev.pullback.train.model.TokenCrossEntropy;
import dev.pullback.train.store.Checkpoint;
import dev.pullback.train.store.CheckpointFiles;
import java.io.IOException;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.BooleanSupplier;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * A language model on windows of a token stream. Cross entropy in nats per token is trained on and
 * measured, perplexity is the metric.
 */
final class TextWorkload implements Workload {

  private final LanguageModel model;
  private final TokenData data;
  private final RunOptions options;
  private final Windows windows;
  private final Share share;
  private final int stepsPerEpoch;
  private final Loss loss = new TokenCrossEntropy();

  /** Where the windows of a batch begin. */
  private interface Windows {
    long[] starts(long step, int part);
  }

  private TextWorkload(
      LanguageModel model,
      TokenData data,
      RunConfig config,
      Share share,
      Windows windows,
      int stepsPerEpoch) {
    this.model = model;
    this.data = data;
    this.options = config.options();
    this.share = share;
    this.windows = windows;
    this.stepsPerEpoch = stepsPerEpoch;
  }

  /** Windows that begin anywhere. */
  static TextWorkload atRandom(LanguageModel model, TokenData data, RunConfig config, Share share) {
    RunOptions o = config.options();
    WindowSampler sampler = new WindowSampler(o.seed, data.train().length(), o.context);
    return new TextWorkload(
        model, data, config, share, (step, part) -> sampler.starts(step, part, o.batch), 0);
  }

  /** Windows that do not overlap, shuffled once. */
  static TextWorkload inEpochs(LanguageModel model, TokenData data, RunConfig config, Share share) {
    RunOptions o = config.options();
    long count = windows(data.train(), o.context);
    if (count > Integer.MAX_VALUE) {
      throw new InputException(
          "an epoch of %d windows is longer than can be shuffled; use --order random, or a larger --context"
              .formatted(count));
    }
    Epochs epochs = new Epochs((int) count, o.batch, o.accumulate, o.seed, false);
    Windows windows =
        (step, part) ->
            IntStream.of(epochs.batch(step, part))
                .mapToLong(window -> (long) window * o.context)
                .toArray();
    return new TextWorkload(model, data, config, share, windows, epochs.steps());
  }

  /** How many windows have all their targets. */
  static long windows(TokenStream tokens, int context) {
    return (tokens.length() - 1) / context;
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
    return (model.block().config().flopsPerToken() - model.block().frozenFlopsPerToken())
        * examplesPerStep();
  }

  @Override
  public double activationBytes() {
    double ofTokens =
        model.block().config().activationsPerToken()
            * (options.batch / share.ranks())
            * options.context;
    return Float.BYTES * (ofTokens + 2.0 * model.block().adaptedCount());
  }

  @Override
  public NDArray loss(long step, int part) {
    return loss(data.train(), share.of(windows.starts(step, part)), options.context, true);
  }

  private NDArray loss(TokenStream tokens, long[] starts, int length, boolean training) {
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
    TokenStream tokens = data.validation();
    int context = options.context;
    int size = options.batch;
    long count = windows(tokens, context);
    long passes = (count + size - 1) / size;
    long taken = batches == 0 ? passes : Math.min(batches, passes);
    double sum = 0;
    double whole = 0;
    long targets = 0;
    long wholeTargets = 0;
    for (long i = 0; i < taken; i++) {
      if (stop.getAsBoolean()) {
        return Optional.empty();
      }
      long first = (taken == passes ? i : i * passes / taken) * size;
      long[] starts =
          LongStream.range(first, Math.min(first + size, count)).map(w -> w * context).toArray();
      double part = summed(tokens, starts, context);
      sum += part;
      targets += (long) starts.length * context;
      if (starts.length == size) {
        whole += part;
        wholeTargets += (long) size * context;
      }
    }
    double full = sum / targets;
    int rest = (int) (tokens.length() - 1 - count * context);
    if (rest > 0 && taken == passes) {
      sum += summed(tokens, new long[] {count * context}, rest);
      targets += rest;
    }
    double mean = sum / targets;
    return Optional.of(
        new Score(mean, Math.exp(whole / wholeTargets), Math.exp(full), bitsPerByte(mean)));
  }

  /** What tokenizers can be compared by: the bits in which the model would write the text down. */
  private SortedMap<String, Double> bitsPerByte(double nats) {
    double tokensPerByte = (double) data.validation().length() / data.validationBytes();
    return data.validationBytes() == 0
        ? Collections.emptySortedMap()
        : new TreeMap<>(Map.of(Score.BITS_PER_BYTE, nats / Math.log(2) * tokensPerByte));
  }

  private double summed(TokenStream tokens, long[] starts, int length) {
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      double mean = HostValues.read(loss(tokens, starts, length, false), NDArray::getFloat);
      return mean * starts.length * length;
    }
  }

  @Override
  public void save(CheckpointFiles files) throws IOException {
    model.save(files);
  }

  @Override
  public void load(Checkpoint checkpoint) {
    TextTokenizer saved = LanguageModel.tokenizer(checkpoint);
    if (!saved.toJson().equals(model.tokenizer().toJson())) {
      throw new InputException(
          "%s has another tokenizer, of %d tokens, than the text that is trained on, with %d; give the --tokenizer and the data of before, or choose another --out"
              .formatted(
                  checkpoint.folder(), saved.vocabularySize(), model.tokenizer().vocabularySize()));
    }
    model.load(checkpoint);
  }
}
