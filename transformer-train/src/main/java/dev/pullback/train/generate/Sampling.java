package dev.pullback.train.generate;

import dev.pullback.train.InputException;

/**
 * How the next token is chosen from the model's logits. What is set is applied in the order of
 * Hugging Face's transformers: the repetition penalty, the temperature, top-k, top-p, min-p.
 *
 * @param temperature at least 0 and finite; 0 always takes the most probable token
 * @param topK how many of the most probable tokens are considered, at least 1; 0 for all
 * @param topP of what is left, the smallest set of most probable tokens whose probabilities sum to
 *     this is considered, in (0, 1]; 1 for all
 * @param minP of what is left, tokens are considered that have this share of the probability of the
 *     most probable one, in [0, 1]; 0 for all
 * @param repetitionPenalty positive logits of tokens that occurred, in the prompt too, are divided
 *     by it, negative ones multiplied; positive and finite, 1 for none
 * @param seed where the choices come from
 * @see <a href="https://arxiv.org/abs/1909.05858">Keskar et al., CTRL (2019), section 4.1, for the
 *     penalty</a>
 * @see <a href="https://arxiv.org/abs/1904.09751">Holtzman et al., The Curious Case of Neural Text
 *     Degeneration (2019), for top-p</a>
 * @see <a href="https://arxiv.org/abs/2407.01082">Nguyen et al., Turning Up the Heat (2024), for
 *     min-p</a>
 */
public record Sampling(
    double temperature, int topK, double topP, double minP, double repetitionPenalty, long seed) {

  /**
   * Checks the ranges.
   *
   * @throws InputException if a value is out of range
   */
  public Sampling {
    require(
        temperature >= 0 && Double.isFinite(temperature),
        "temperature",
        "at least 0 and finite",
        temperature);
    InputException.atLeast("top-k", topK, 0);
    require(topP > 0 && topP <= 1, "top-p", "above 0 and at most 1", topP);
    require(minP >= 0 && minP <= 1, "min-p", "from 0 to 1", minP);
    require(
        repetitionPenalty > 0 && Double.isFinite(repetitionPenalty),
        "repetition penalty",
        "positive and finite",
        repetitionPenalty);
  }

  /**
   * Chooses by temperature and top-k only.
   *
   * @param temperature at least 0 and finite; 0 always takes the most probable token
   * @param topK how many of the most probable tokens are considered, at least 1; 0 for all
   * @param seed where the choices come from
   * @throws InputException if a value is out of range
   */
  public Sampling(double temperature, int topK, long seed) {
    this(temperature, topK, 1, 0, 1, seed);
  }

  private static void require(boolean holds, String name, String range, double value) {
    if (!holds) {
      throw new InputException("%s must be %s, but is %s".formatted(name, range, value));
    }
  }
}
