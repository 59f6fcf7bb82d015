package dev.pullback.train.generate;

import java.util.Arrays;
import java.util.Random;

/** Draws tokens from logits. */
final class TokenChooser {

  private final Sampling sampling;
  private final Random random;

  TokenChooser(Sampling sampling) {
    this.sampling = sampling;
    this.random = new Random(sampling.seed());
  }

  /**
   * Chooses a token.
   *
   * @param logits one per token of the vocabulary
   */
  int choose(float[] logits) {
    int best = argMax(logits);
    if (sampling.temperature() == 0) {
      return best;
    }
    float least = threshold(logits);
    double[] cumulative = new double[logits.length];
    double sum = 0;
    for (int i = 0; i < logits.length; i++) {
      if (logits[i] >= least) {
        sum += Math.exp((logits[i] - logits[best]) / sampling.temperature());
      }
      cumulative[i] = sum;
    }
    double drawn = random.nextDouble() * sum;
    for (int i = 0; i < logits.length; i++) {
      if (drawn < cumulative[i]) {
        return i;
      }
    }
    return best;
  }

  /** The smallest logit among the k largest. */
  private float threshold(float[] logits) {
    if (sampling.topK() == 0 || sampling.topK() >= logits.length) {
      return Float.NEGATIVE_INFINITY;
    }
    float[] sorted = logits.clone();
    Arrays.sort(sorted);
    return sorted[sorted.length - sampling.topK()];
  }

  private static int argMax(float[] values) {
    int best = 0;
    for (int i = 1; i < values.length; i++) {
      if (values[i] > values[best]) {
        best = i;
      }
    }
    return best;
  }
}
