package dev.pullback.train.generate;

import dev.pullback.train.SplitMix64;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Random;

/** Draws the tokens of one sample from logits. */
final class TokenChooser {

  private final Sampling sampling;
  private final Random random;
  private final BitSet seen = new BitSet();

  /**
   * Creates a chooser that has seen nothing.
   *
   * @param sampling how tokens are chosen
   * @param sample which of the samples, from 0; each has random numbers of its own
   */
  TokenChooser(Sampling sampling, int sample) {
    this.sampling = sampling;
    // The first numbers of Random(1), Random(2), ... are almost the same; those of mixed seeds
    // differ.
    random = new Random(SplitMix64.mix(sampling.seed(), sample));
  }

  /** Notes tokens that occurred, for the repetition penalty. */
  void see(long... tokens) {
    for (long token : tokens) {
      seen.set(Math.toIntExact(token));
    }
  }

  /**
   * Chooses a token, which has occurred from then on.
   *
   * @param logits one per token of the vocabulary
   */
  int choose(float[] logits) {
    float[] penalised = penalised(logits);
    int token =
        sampling.temperature() == 0 ? argMax(penalised) : draw(weights(penalised), penalised);
    see(token);
    return token;
  }

  private int draw(double[] weights, float[] logits) {
    double sum = 0;
    for (int i = 0; i < weights.length; i++) {
      sum += weights[i];
      weights[i] = sum;
    }
    double drawn = random.nextDouble() * sum;
    for (int i = 0; i < weights.length; i++) {
      if (drawn < weights[i]) {
        return i;
      }
    }
    return argMax(logits); // where logits are no numbers
  }

  /** Returns the logits after the repetition penalty. */
  float[] penalised(float[] logits) {
    double penalty = sampling.repetitionPenalty();
    if (penalty == 1) {
      return logits;
    }
    float[] penalised = logits.clone();
    seen.stream()
        .takeWhile(token -> token < logits.length)
        .forEach(
            i ->
                penalised[i] = (float) (logits[i] < 0 ? logits[i] * penalty : logits[i] / penalty));
    return penalised;
  }

  /**
   * Returns what the probabilities of the tokens are proportional to: 1 for the most probable one,
   * 0 for those that are not considered.
   *
   * @param logits after the penalty
   */
  double[] weights(float[] logits) {
    float best = logits[argMax(logits)];
    float least = threshold(logits);
    double[] weights = new double[logits.length];
    for (int i = 0; i < logits.length; i++) {
      if (logits[i] >= least) {
        weights[i] = Math.exp((logits[i] - best) / sampling.temperature());
      }
    }
    if (sampling.topP() < 1) {
      keepMass(weights, sampling.topP());
    }
    for (int i = 0; i < weights.length; i++) {
      if (weights[i] < sampling.minP()) { // of the largest, which is 1
        weights[i] = 0;
      }
    }
    return weights;
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

  /** Keeps the fewest of the largest weights with a share of the sum; of equal ones the first. */
  private static void keepMass(double[] weights, double share) {
    double[] sorted = weights.clone();
    Arrays.sort(sorted);
    double wanted = share * Arrays.stream(sorted).sum();
    double mass = 0;
    double least = 0;
    int equal = 0; // weights as large as the least that is kept, which are kept too
    for (int i = sorted.length - 1; i >= 0 && mass < wanted; i--) {
      equal = sorted[i] == least ? equal + 1 : 1;
      least = sorted[i];
      mass += least;
    }
    for (int i = 0; i < weights.length; i++) {
      if (weights[i] < least || (weights[i] == least && equal-- <= 0)) {
        weights[i] = 0;
      }
    }
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
