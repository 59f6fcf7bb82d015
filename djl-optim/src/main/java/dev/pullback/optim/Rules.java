package dev.pullback.optim;

import java.util.List;
import java.util.Locale;
import java.util.function.Predicate;

/** The library's rules, to be used alone, in groups, or under the induced metric. */
public final class Rules {

  private Rules() {}

  /**
   * The average gradient under an ambient metric: γ⁻¹ m̂, with m ← μ m + (1-μ) g, bias-corrected.
   *
   * @param metric γ
   * @param momentum μ in [0, 1)
   * @return the rule
   */
  public static UpdateRule preconditioned(AmbientMetric metric, double momentum) {
    return new PreconditionedRule(metric, momentum);
  }

  /**
   * Adam, which is the average gradient under the RMS metric.
   *
   * @param beta1 β1 in [0, 1), the decay rate of the average gradient
   * @param beta2 β2 in [0, 1), the decay rate of the mean square
   * @param epsilon ε ≥ 0, added to the root
   * @return the rule
   * @see <a href="https://arxiv.org/abs/1412.6980">Kingma, Ba, Adam (2014)</a>
   */
  public static UpdateRule adam(double beta1, double beta2, double epsilon) {
    Checks.decayRate("beta1", beta1);
    Checks.decayRate("beta2", beta2);
    return preconditioned(AmbientMetric.rms(beta2, epsilon), beta1);
  }

  /**
   * Shampoo: γ = L^¼ ⊗ R^¼, with the default blocks.
   *
   * @param momentum μ in [0, 1)
   * @param betaRms β in [0, 1)
   * @param epsilon ε ≥ 0
   * @return the rule
   */
  public static UpdateRule shampoo(double momentum, double betaRms, double epsilon) {
    return preconditioned(AmbientMetric.shampoo(betaRms, epsilon, MatrixBlocks.DEFAULT), momentum);
  }

  /**
   * SOAP: Adam in the eigenbasis of Shampoo, with the default blocks.
   *
   * @param momentum μ in [0, 1)
   * @param betaRms β in [0, 1)
   * @param epsilon ε ≥ 0
   * @return the rule
   */
  public static UpdateRule soap(double momentum, double betaRms, double epsilon) {
    return preconditioned(AmbientMetric.soap(betaRms, epsilon, MatrixBlocks.DEFAULT), momentum);
  }

  /**
   * Gradient descent with momentum: b ← μ b + g.
   *
   * @param momentum μ in [0, 1)
   * @return the rule
   */
  public static UpdateRule sgd(double momentum) {
    return new SgdRule(momentum);
  }

  /**
   * RMSprop with momentum.
   *
   * @param decay d in [0, 1), the decay rate of the mean square
   * @param momentum μ in [0, 1)
   * @param epsilon ε ≥ 0, inside the root
   * @return the rule
   */
  public static UpdateRule rmsProp(double decay, double momentum, double epsilon) {
    return new RmsPropRule(decay, momentum, epsilon);
  }

  /**
   * Lion: the sign of an interpolated momentum.
   *
   * @param beta1 β1 in [0, 1)
   * @param beta2 β2 in [0, 1)
   * @return the rule
   * @see <a href="https://arxiv.org/abs/2302.06675">Chen et al. (2023)</a>
   */
  public static UpdateRule lion(double beta1, double beta2) {
    return new LionRule(beta1, beta2);
  }

  /**
   * Adam with the Nesterov estimate of the first moment.
   *
   * @param beta1 β1 in [0, 1)
   * @param beta2 β2 in [0, 1)
   * @param epsilon ε ≥ 0
   * @return the rule
   */
  public static UpdateRule nesterovAdam(double beta1, double beta2, double epsilon) {
    return new NesterovAdamRule(beta1, beta2, epsilon);
  }

  /**
   * Muon's orthogonalised momentum, for matrices only.
   *
   * @param momentum μ in [0, 1)
   * @param epsilon ε ≥ 0, added to the Frobenius norm
   * @param rowsAreInputs whether a matrix has a row for each input, as embeddings do, and not for
   *     each output, as DJL's linear layers
   * @return the rule
   * @see <a href="https://kellerjordan.github.io/posts/muon/">Jordan et al., Muon (2024)</a>
   */
  public static UpdateRule muon(double momentum, double epsilon, boolean rowsAreInputs) {
    return new MuonRule(momentum, epsilon, rowsAreInputs);
  }

  /**
   * Muon for all matrices, and Adam in its Nesterov form, without weight decay, for the rest.
   *
   * @param momentum μ in [0, 1) of the matrices
   * @param beta1 β1 in [0, 1) of the rest
   * @param beta2 β2 in [0, 1) of the rest
   * @param epsilon ε ≥ 0
   * @return the groups: embeddings, whose names end so in upper or lower case; other matrices; the
   *     rest
   */
  public static List<ParameterGroup> muonGroups(
      double momentum, double beta1, double beta2, double epsilon) {
    return muonGroups(
        momentum,
        beta1,
        beta2,
        epsilon,
        p -> p.path().toLowerCase(Locale.ROOT).endsWith("embedding"),
        p -> true);
  }

  /**
   * Muon for chosen matrices, and Adam in its Nesterov form, without weight decay, for the rest.
   *
   * @param momentum μ in [0, 1) of the matrices
   * @param beta1 β1 in [0, 1) of the rest
   * @param beta2 β2 in [0, 1) of the rest
   * @param epsilon ε ≥ 0
   * @param embeddings which matrices have a row for each input
   * @param linear which of the other matrices have a row for each output
   * @return the groups: embeddings; other matrices; the rest
   */
  public static List<ParameterGroup> muonGroups(
      double momentum,
      double beta1,
      double beta2,
      double epsilon,
      Predicate<ParameterInfo> embeddings,
      Predicate<ParameterInfo> linear) {
    return List.of(
        ParameterGroup.of(
            "embeddings", p -> p.isMatrix() && embeddings.test(p), muon(momentum, epsilon, true)),
        ParameterGroup.of(
            "matrices", p -> p.isMatrix() && linear.test(p), muon(momentum, epsilon, false)),
        ParameterGroup.rest(nesterovAdam(beta1, beta2, epsilon)).withDecayFactor(0));
  }
}
