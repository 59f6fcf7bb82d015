package dev.pullback.train.scaling;

import java.util.Objects;

/**
 * The loss at the end of one training run.
 *
 * @param optimizer its name
 * @param parameters size N of the model, without embeddings, greater than 0
 * @param tokens tokens D trained on, greater than 0
 * @param seed what the run's order of data and initial weights came from; runs of two optimisers
 *     with the same size, tokens and seed are a pair
 * @param loss held-out loss in nats per token, greater than 0; runs that diverged are no points
 */
public record LossPoint(
    String optimizer, double parameters, double tokens, long seed, double loss) {

  /**
   * Checks.
   *
   * @throws IllegalArgumentException if a number is not finite or not greater than 0
   */
  public LossPoint {
    Objects.requireNonNull(optimizer, "optimizer");
    check("parameters", parameters);
    check("tokens", tokens);
    check("loss", loss);
  }

  private static void check(String name, double value) {
    if (!(value > 0) || Double.isInfinite(value)) {
      throw new IllegalArgumentException(
          "%s must be a number greater than 0, not %s".formatted(name, value));
    }
  }
}
