package dev.pullback.train.experiment;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.training.loss.Loss;
import dev.pullback.tokenizer.CharTokenizer;
import dev.pullback.train.data.TokenBatch;
import dev.pullback.train.data.TokenData;
import dev.pullback.train.model.Gelu;
import dev.pullback.train.model.GptBlock;
import dev.pullback.train.model.GptConfig;
import dev.pullback.train.model.Initialization;
import dev.pullback.train.model.TokenCrossEntropy;
import java.util.stream.IntStream;

/**
 * MiniGPT on TinyShakespeare: windows of 256 characters that do not overlap, shuffled once into
 * batches of 256.
 */
final class ShakespeareSubject implements Subject {

  static final String NAME = "shakespeare";

  private static final int CONTEXT = 256;
  private static final int BATCH = 256;

  private final TokenData data;
  private final GptConfig config;
  private final Compute compute;

  ShakespeareSubject(String text, Compute compute) {
    CharTokenizer tokenizer = CharTokenizer.fromText(text);
    this.data = TokenData.split(tokenizer.encode(text), CONTEXT);
    this.config =
        new GptConfig(
            tokenizer.vocabularySize(),
            CONTEXT,
            4,
            4,
            128,
            0.1,
            false,
            true,
            Gelu.TANH,
            1e-6,
            Initialization.FLAX);
    this.compute = compute;
  }

  @Override
  public String metric() {
    return "validation perplexity";
  }

  @Override
  public Goal goal() {
    return Goal.LOWER;
  }

  @Override
  public int epochs() {
    return 250;
  }

  @Override
  public Workload create(long seed) {
    return new Shakespeare(seed);
  }

  /** How many windows have all their targets. */
  private static int windows(int[] tokens) {
    return (tokens.length - 1) / CONTEXT;
  }

  private final class Shakespeare implements Workload {

    private final ModelInMemory model;
    private final Loss loss = new TokenCrossEntropy();
    private final int[][] batches;

    Shakespeare(long seed) {
      model =
          new ModelInMemory(
              compute.engine(),
              new GptBlock(config, seed, compute.kernels(), compute.precision()),
              new Shape(1, CONTEXT));
      batches = Order.batches(windows(data.train()), BATCH, seed, 0);
    }

    @Override
    public Block block() {
      return model.block();
    }

    @Override
    public NDManager manager() {
      return model.manager();
    }

    @Override
    public int stepsPerEpoch() {
      return batches.length;
    }

    @Override
    public NDArray loss(int epoch, int step) {
      return loss(data.train(), batches[step], true);
    }

    private NDArray loss(int[] tokens, int[] windows, boolean training) {
      int[] starts = IntStream.of(windows).map(window -> window * CONTEXT).toArray();
      TokenBatch batch = TokenBatch.gather(model.manager(), tokens, starts, CONTEXT);
      NDArray logits = model.forward(batch.inputs(), training);
      return loss.evaluate(new NDList(batch.targets()), new NDList(logits));
    }

    @Override
    public Score score() {
      int[] tokens = data.validation();
      int windows = windows(tokens);
      double whole = 0;
      double all = 0;
      for (int first = 0; first < windows; first += BATCH) {
        int[] batch = IntStream.range(first, Math.min(first + BATCH, windows)).toArray();
        try (NDScope scope = new NDScope()) {
          scope.suppressNotUsedWarning();
          double sum = loss(tokens, batch, false).getFloat() * batch.length;
          all += sum;
          whole += batch.length == BATCH ? sum : 0;
        }
      }
      return new Score(Math.exp(whole / (windows / BATCH * BATCH)), Math.exp(all / windows));
    }

    @Override
    public void close() {
      model.close();
    }
  }
}
