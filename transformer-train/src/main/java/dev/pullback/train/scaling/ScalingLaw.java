package dev.pullback.train.scaling;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import org.hipparchus.util.FastMath;

/**
 * The loss as a function of model size N and tokens D,
 *
 * <pre>L(N, D) = E + A / (ρ_N N)^α + B / (ρ_D D)^β,</pre>
 *
 * after Hoffmann et al. (arXiv 2203.15556, equation 2), with E, A, B, α, β shared by all optimisers
 * and efficiencies ρ of each (Volkova et al., arXiv 2602.07712). With one ratio D/N,
 *
 * <pre>L(N) = E + A / (ρ N)^α.</pre>
 *
 * @param form which of the two
 * @param e loss that neither parameters nor tokens take away, in nats, 0 or more
 * @param a loss at ρ_N N = 1 over that, in nats, 0 or more
 * @param alpha exponent of the size, greater than 0
 * @param b the same for tokens; NaN with one ratio
 * @param beta exponent of the tokens, greater than 0; NaN with one ratio
 * @param efficiencies by optimiser; the first one's are 1
 */
public record ScalingLaw(
    Form form,
    double e,
    double a,
    double alpha,
    double b,
    double beta,
    Map<String, Efficiency> efficiencies) {

  /** What is fitted. */
  public enum Form {
    /** Both terms. */
    SIZE_AND_TOKENS(2),
    /**
     * One term, for points of one ratio D/N: there, the two terms are powers of the same N, and
     * neither A and B nor the two efficiencies can be told apart. A stands for both.
     */
    ONE_RATIO(1);

    private final int terms;

    Form(int terms) {
      this.terms = terms;
    }

    int terms() {
      return terms;
    }
  }

  /**
   * What an optimiser makes of parameters and tokens: with ρ = 1.2, 100 count as 120 of the
   * reference's. Infinite where the optimiser's term vanished in the fit.
   *
   * @param parameters ρ_N, or ρ with one ratio
   * @param tokens ρ_D; NaN with one ratio, where it is not identified
   */
  public record Efficiency(double parameters, double tokens) {}

  /** Copies, and keeps the order. */
  public ScalingLaw {
    efficiencies = Collections.unmodifiableMap(new LinkedHashMap<>(efficiencies));
  }

  /**
   * Returns the loss that the law has for a run.
   *
   * @param optimizer one of the fit
   * @param parameters N
   * @param tokens D; ignored with one ratio
   * @return nats per token
   * @throws IllegalArgumentException if the fit had no such optimiser
   */
  public double loss(String optimizer, double parameters, double tokens) {
    double loss = e + sizeTerm(optimizer, parameters);
    return form == Form.ONE_RATIO
        ? loss
        : loss + b * FastMath.pow(efficiency(optimizer).tokens() * tokens, -beta);
  }

  /**
   * Returns the tokens that a model needs to reach a loss.
   *
   * @param optimizer one of the fit
   * @param parameters N
   * @param loss in nats per token
   * @return D; infinite if the model is too small to reach it at all
   * @throws IllegalArgumentException if the fit had no such optimiser
   * @throws IllegalStateException with one ratio, where nothing is known of other numbers of tokens
   */
  public double tokensFor(String optimizer, double parameters, double loss) {
    if (form == Form.ONE_RATIO) {
      throw new IllegalStateException(
          "a law of one ratio of tokens to parameters says nothing about others");
    }
    double left = loss - e - sizeTerm(optimizer, parameters);
    return left > 0
        ? FastMath.pow(b / left, 1 / beta) / efficiency(optimizer).tokens()
        : Double.POSITIVE_INFINITY;
  }

  private double sizeTerm(String optimizer, double parameters) {
    return a * FastMath.pow(efficiency(optimizer).parameters() * parameters, -alpha);
  }

  /** Returns the efficiency of an optimiser that the law must have. */
  Efficiency efficiency(String optimizer) {
    Efficiency efficiency = efficiencies.get(optimizer);
    if (efficiency == null) {
      throw new IllegalArgumentException(
          "the law has no optimiser '%s'; it has %s"
              .formatted(optimizer, String.join(", ", efficiencies.keySet())));
    }
    return efficiency;
  }

  /** Returns the parameters by name, those that the form does not have left out. */
  public Map<String, Double> values() {
    Map<String, Double> values = new LinkedHashMap<>();
    values.put("E", e);
    values.put("A", a);
    values.put("alpha", alpha);
    boolean both = form == Form.SIZE_AND_TOKENS;
    if (both) {
      values.put("B", b);
      values.put("beta", beta);
    }
    efficiencies.entrySet().stream()
        .skip(1)
        .forEach(
            entry -> {
              Efficiency efficiency = entry.getValue();
              values.put((both ? "rho_N " : "rho ") + entry.getKey(), efficiency.parameters());
              if (both) {
                values.put("rho_D " + entry.getKey(), efficiency.tokens());
              }
            });
    return values;
  }
}
