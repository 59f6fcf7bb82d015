package dev.pullback.optim;

import java.util.function.DoubleUnaryOperator;

/**
 * Training with the loss landscape's induced metric: smooth gradient clipping on top of any
 * preconditioner, for one extra dot product per step.
 *
 * <p>The loss surface is drawn as (θ, f(L(θ))); pulling the surrounding metric γ back onto the
 * parameters gives G = γ + ξ f'(L)² ∂L ∂Lᵀ, and descending with G multiplies the preconditioned
 * momentum by one scalar s for the whole model. Where the surface is steep, s is small:
 *
 * <pre>
 * T  = Σ γ^{ij} g_i g_j            over all elements of all parameters
 * e  ← β e + (1-β) ξ T             ê = e / (1 - β^t)
 * s  = f'(L) / (1 + f'(L)² ê)
 * m  ← μ m + (1-μ) g               m̂ = m / (1 - μ^t)
 * θ  ← θ - η s γ⁻¹ m̂
 * </pre>
 *
 * <p>Pros: bounded steps without a clipping threshold; ξ = 0 is the base preconditioner. Cons: one
 * more hyperparameter; the log embedding needs a positive loss.
 *
 * <pre>{@code
 * InducedMetric optimizer = InducedMetric.sgdRms().optLearningRate(0.01).build();
 * TrainingConfig config = new DefaultTrainingConfig(optimizer.observe(Loss.softmaxCrossEntropyLoss()))
 *     .optOptimizer(optimizer)
 *     .addTrainingListeners(optimizer);
 * }</pre>
 *
 * @see <a href="https://arxiv.org/abs/2509.03594">arXiv 2509.03594</a>
 */
public final class InducedMetric extends StepOptimizer {

  private InducedMetric(Builder builder) {
    super(builder);
  }

  /**
   * The Euclidean metric with the linear embedding, s = 1/(1 + ξT).
   *
   * @return a builder with the paper's defaults
   */
  public static Builder sgdMetric() {
    return new Builder("sgd_metric");
  }

  /**
   * The Euclidean metric with the log embedding, s = L/(L² + ξT); the loss must be positive and
   * observed.
   *
   * @return a builder with the paper's defaults
   */
  public static Builder sgdLogMetric() {
    return new Builder("sgd_log_metric").optEmbedding(new LossEmbedding.Log());
  }

  /**
   * The RMS preconditioner (β_rms 0.99, ε 1e-8) with the linear embedding.
   *
   * @return a builder with the paper's defaults
   */
  public static Builder sgdRms() {
    return new Builder("sgd_rms").optRms(0.99, 1e-8);
  }

  /**
   * Any ambient metric and embedding; Euclidean and linear until chosen.
   *
   * @return a builder
   */
  public static Builder builder() {
    return new Builder("induced_metric");
  }

  /** Builds an {@link InducedMetric}. Defaults: η 0.1, μ 0.9, ξ 0.1, β 0.8, no weight decay. */
  public static final class Builder extends StepOptimizerBuilder<Builder> {

    private final String name;
    private AmbientMetric metric = AmbientMetric.euclidean();
    private LossEmbedding embedding = new LossEmbedding.Linear();
    private double xi = 0.1;
    private double beta = 0.8;
    private double momentum = 0.9;

    private Builder(String name) {
      this.name = name;
    }

    /**
     * Sets how much the loss dimension counts.
     *
     * @param value ξ ≥ 0; with the linear embedding, 0 gives the base preconditioner
     * @return this builder
     */
    public Builder optXi(double value) {
      xi = Checks.nonNegative("xi", value);
      return this;
    }

    /**
     * Sets the decay rate of the moving average of ξT.
     *
     * @param value β in [0, 1); 0 turns the smoothing off
     * @return this builder
     */
    public Builder optBeta(double value) {
      beta = Checks.decayRate("beta", value);
      return this;
    }

    /**
     * Sets the decay rate of the moving average of the gradient, which is bias-corrected.
     *
     * @param value μ in [0, 1)
     * @return this builder
     */
    public Builder optMomentum(double value) {
      momentum = Checks.decayRate("momentum", value);
      return this;
    }

    /**
     * Sets the ambient metric.
     *
     * @param value γ
     * @return this builder
     */
    public Builder optAmbientMetric(AmbientMetric value) {
      metric = value;
      return this;
    }

    /**
     * Sets the RMS metric, d = sqrt(v̂) + ε.
     *
     * @param betaRms β_rms in [0, 1)
     * @param epsilon ε ≥ 0
     * @return this builder
     */
    public Builder optRms(double betaRms, double epsilon) {
      return optAmbientMetric(AmbientMetric.rms(betaRms, epsilon));
    }

    /**
     * Sets the embedding of the loss.
     *
     * @param value f
     * @return this builder
     */
    public Builder optEmbedding(LossEmbedding value) {
      embedding = value;
      return this;
    }

    /**
     * Sets a custom embedding by its derivative, for example {@code loss -> 0.5 / Math.sqrt(loss)}.
     *
     * @param derivative f', at least 0 and finite wherever the loss goes
     * @return this builder
     */
    public Builder optEmbedding(DoubleUnaryOperator derivative) {
      return optEmbedding(new LossEmbedding.Custom(derivative));
    }

    @Override
    UpdateRule rule() {
      return new InducedMetricRule(name, metric, embedding, xi, beta, momentum);
    }

    @Override
    protected Builder self() {
      return this;
    }

    @Override
    public InducedMetric build() {
      return new InducedMetric(this);
    }
  }
}
