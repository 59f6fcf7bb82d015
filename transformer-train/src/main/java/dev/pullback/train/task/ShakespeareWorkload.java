package dev.pullback.train.task;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.loss.Loss;
import dev.pullback.optim.MuonRule;
import dev.pullback.optim.ParameterInfo;
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
public final class ShakespeareWorkload implements Workload {

  /** Characters of a window. */
  public static final int CONTEXT = 256;

  private static final int BATCH = 256;

  private final TokenData data;
  private final ModelInMemory model;
  private final Loss loss = new TokenCrossEntropy();
  private final int[][] batches;

  public ShakespeareWorkload(TokenData data, int vocabulary, Compute compute, long seed) {
    this.data = data;
    model =
        new ModelInMemory(
            compute.engine(),
            new GptBlock(config(vocabulary), seed, compute.kernels(), compute.precision()),
            new Shape(1, CONTEXT));
    batches = Order.batches(windows(data.train()), BATCH, seed, 0);
  }

  @Override
  public ModelInMemory model() {
    return model;
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

  /**
   * Tells what the paper's Muon makes of a matrix of the MiniGPT. Its model is Flax's, where the
   * kernels of attention have three axes (width, heads, width of a head), and Optax's Muon leaves
   * what is not a matrix to Adam.
   *
   * @see <a
   *     href="https://github.com/google-deepmind/optax/blob/main/optax/contrib/_muon.py">Optax's
   *     Muon</a>
   */
  public static MuonRule.Role muonRole(ParameterInfo parameter) {
    return switch (parameter.path()) {
      case "wte", "wpe" -> MuonRule.Role.EMBEDDING;
      default -> parameter.path().contains(".attn.") ? MuonRule.Role.ADAM : MuonRule.Role.LINEAR;
    };
  }

  /** How many windows have all their targets. */
  public static int windows(int[] tokens) {
    return (tokens.length - 1) / CONTEXT;
  }

  private static GptConfig config(int vocabulary) {
    return new GptConfig(
        vocabulary, CONTEXT, 4, 4, 128, 0.1, false, true, Gelu.TANH, 1e-6, Initialization.FLAX);
  }
}
