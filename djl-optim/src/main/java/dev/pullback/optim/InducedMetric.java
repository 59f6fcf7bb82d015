package dev.pullback.optim;

import java.util.List;
import java.util.Map;
import java.util.function.DoubleUnaryOperator;

/**
 * Training with the loss landscape's induced metric: smooth gradient clipping on top of any
 * preconditioner, for one more inner product under γ⁻¹ a step.
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
 * <p>Pros: no clipping threshold, and with an absolute ξ steps that are bounded where there is no
 * momentum or, under the flat metric, μ² &lt; β (not with the defaults; the exact forms are not
 * bounded); ξ = 0 is the base preconditioner. Cons: one more hyperparameter; the log embedding
 * needs a positive loss.
 *
 * <p>With nothing tuned, begin with {@link #sgdRmsRelative()}, whose defaults do not depend on the
 * size of the model:
 *
 * <pre>{@code
 * InducedMetric optimizer = InducedMetric.sgdRmsRelative().build();
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
    return new Builder("sgd_metric", null, Map.of());
  }

  /**
   * The Euclidean metric with the log embedding, s = L/(L² + ξT); the loss must be positive and
   * observed.
   *
   * @return a builder with the paper's defaults
   */
  public static Builder sgdLogMetric() {
    return new Builder("sgd_log_metric", null, Map.of()).optEmbedding(new LossEmbedding.Log());
  }

  /**
   * The RMS metric (Adam's preconditioner) with the linear embedding.
   *
   * @return a builder with the paper's defaults
   */
  public static Builder sgdRms() {
    return new Builder("sgd_rms", null, Map.of()).optRms(0.99, 1e-8);
  }

  /**
   * Defaults that train: the RMS metric with a relative ξ, κ = 0.5, η = 1e-3. A fixed ξ fits models
   * of one size only, since T sums over all parameters; this one compares T with what it usually
   * is. A gradient that is longer than usual makes a step shorter, down to 0; a shorter one makes
   * it longer, at most 1 + κ times.
   *
   * @return a builder with the defaults of {@code sgd_rms_relative}, which are not the paper's
   */
  public static Builder sgdRmsRelative() {
    return new Builder("sgd_rms_relative", null, Map.of())
        .optRms(0.999, 1e-8)
        .optRelativeXi(0.5)
        .optLearningRate(1e-3);
  }

  /**
   * Any ambient metric and embedding; Euclidean and linear until chosen.
   *
   * @return a builder
   */
  public static Builder builder() {
    return new Builder("induced_metric", null, Map.of());
  }

  /**
   * The induced metric over any rule, such as {@code Rules.soap(0.95, 0.95, 1e-8)}. Over a rule
   * that is not linear in the gradient, such as Muon or Lion, it is a surrogate: its direction d
   * takes the place of γ⁻¹ g in the trace, T = |⟨g, d⟩|, and only the scale can be induced.
   *
   * @param rule what computes the directions, momentum included
   * @return a builder with the paper's defaults
   */
  public static Builder over(UpdateRule rule) {
    return over(List.of(ParameterGroup.rest(rule)));
  }

  /**
   * The induced metric over groups of parameters; the trace sums over all of them.
   *
   * @param groups at least one; a parameter belongs to the first that takes it
   * @return a builder with the paper's defaults
   */
  public static Builder over(List<ParameterGroup> groups) {
    return over("induced_metric", groups);
  }

  /**
   * The induced metric over groups of parameters, under a name of its own.
   *
   * @param name for messages
   * @param groups at least one; a parameter belongs to the first that takes it
   * @return a builder with the paper's defaults
   */
  public static Builder over(String name, List<ParameterGroup> groups) {
    return named(name, groups, Map.of());
  }

  static Builder named(String name, List<ParameterGroup> groups, Map<String, String> names) {
    return new Builder(name, List.copyOf(groups), names);
  }

  /**
   * Builds an {@link InducedMetric}. Defaults, the paper's: η 0.1, μ 0.9, ξ 0.1, β 0.8, no weight
   * decay; {@link #sgdRmsRelative()} has others.
   */
  public static final class Builder extends StepOptimizerBuilder<Builder> {

    private static final double PAPERS_XI = 0.1;

    private final String name;
    private final List<ParameterGroup> groups;
    private final Map<String, String> names;
    private AmbientMetric metric = AmbientMetric.euclidean();
    private LossEmbedding embedding = new LossEmbedding.Linear();
    private boolean exact;
    private Double xi;
    private Double kappa;
    private Double beta;
    private double momentum = 0.9;
    private double traceAverage = 0.99;
    private double coupling;
    private int components = 1;

    private Builder(String name, List<ParameterGroup> groups, Map<String, String> names) {
      this.name = name;
      this.groups = groups;
      this.names = names;
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
     * Sets how much the loss dimension counts relative to what the trace usually is, so that it
     * means the same in every model and at every scale of the loss: s = (1+κ) f' / (1 + κ T/T̄),
     * with the average T̄ of T over the steps before.
     *
     * @param value κ ≥ 0; 0 gives the base preconditioner, 0.5 is the default of {@code
     *     sgd_rms_relative}
     * @return this builder
     */
    public Builder optRelativeXi(double value) {
      kappa = Checks.nonNegative("kappa", value);
      return this;
    }

    /**
     * Sets the decay rate of the average trace that a relative ξ compares with (default 0.99).
     *
     * @param rho ρ in [0, 1)
     * @return this builder
     */
    public Builder optTraceAverage(double rho) {
      traceAverage = Checks.decayRate("trace_average", rho);
      return this;
    }

    /**
     * Applies the inverse of the metric to the momentum, instead of scaling as if the momentum were
     * parallel to the gradient. Takes no smoothing.
     *
     * @return this builder
     */
    public Builder optExact() {
      exact = true;
      return this;
    }

    /**
     * Lets the axis of the loss lean towards the momentum, by a term κ = c sqrt(ξ) off the diagonal
     * of the ambient metric. Exact; takes no smoothing.
     *
     * @param value c in (-1, 1)
     * @return this builder
     */
    public Builder optCrossTerm(double value) {
      coupling = value;
      return optExact();
    }

    /**
     * Gives each of k components of the loss, L = Σ L_a, a dimension of its own. Exact; takes no
     * smoothing. {@link StepOptimizer#endComponent} follows the backward pass of each. Excludes
     * clipping by element ({@link #optClipGrad}).
     *
     * @param k at least 1
     * @return this builder
     */
    public Builder optComponents(int k) {
      components = k;
      return optExact();
    }

    /**
     * Sets the decay rate of the moving average of ξT (default 0.8; the exact form takes none).
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
     * @throws IllegalStateException if the metric is over rules, which have their own momentum
     */
    public Builder optMomentum(double value) {
      requireNoRules("momentum");
      momentum = Checks.decayRate("momentum", value);
      return this;
    }

    /**
     * Sets the ambient metric.
     *
     * @param value γ
     * @return this builder
     * @throws IllegalStateException if the metric is over rules, which have their own
     */
    public Builder optAmbientMetric(AmbientMetric value) {
      requireNoRules("ambient metric");
      metric = value;
      return this;
    }

    private void requireNoRules(String what) {
      if (groups != null) {
        throw new IllegalStateException(
            "The %s belongs to the rules that the metric is over; give it to them".formatted(what));
      }
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
    Recipe recipe() {
      if (kappa != null && (exact || xi != null)) {
        throw new IllegalArgumentException(
            "A relative xi excludes %s; leave one of them out"
                .formatted(exact ? "the exact form" : "a fixed one"));
      }
      InducedForm.Form form =
          kappa != null
              ? InducedForm.Form.RELATIVE
              : exact ? InducedForm.Form.EXACT : InducedForm.Form.SCALE;
      double weight = kappa != null ? kappa : xi != null ? xi : PAPERS_XI;
      double smoothing = beta == null ? exact ? 0 : 0.8 : beta;
      return new Recipe(
          name,
          groups == null
              ? List.of(ParameterGroup.rest(new PreconditionedRule(metric, momentum)))
              : groups,
          new InducedForm(form, embedding, weight, smoothing, traceAverage, coupling, components),
          names);
    }

    @Override
    protected Builder self() {
      return this;
    }

    /**
     * {@inheritDoc}
     *
     * @throws IllegalArgumentException if the settings exclude each other
     */
    @Override
    public InducedMetric build() {
      if (components > 1 && Double.isFinite(settings().gradients().clip())) {
        throw new IllegalArgumentException(
            "Components of the loss exclude clipping by element (optClipGrad): what is left of their"
                + " gradients is not the sum's; clip by the norm (optClipGradientNorm)");
      }
      return new InducedMetric(this);
    }
  }
}
