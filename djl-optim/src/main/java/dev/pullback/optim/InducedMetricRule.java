package dev.pullback.optim;

import ai.djl.TrainingDivergedException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The algorithm of {@link InducedMetric}, which has the formulas. By Sherman–Morrison the inverse
 * of the metric G = γ + ξ f'(L)² ∂L ∂Lᵀ is the ambient γ⁻¹ times one scalar s for the whole model.
 *
 * <p>With ξ = 0 and the linear embedding this is the base preconditioner alone.
 *
 * @param name the name under which {@link Optimizers} knows this combination
 * @param metric the ambient metric γ
 * @param embedding the embedding f of the loss
 * @param xi ξ ≥ 0, how much the loss dimension counts
 * @param beta β in [0, 1), the decay rate of the average of ξT
 * @param momentum μ in [0, 1), the decay rate of the average gradient
 * @see <a href="https://arxiv.org/abs/2509.03594">arXiv 2509.03594</a>
 */
record InducedMetricRule(
    String name,
    AmbientMetric metric,
    LossEmbedding embedding,
    double xi,
    double beta,
    double momentum)
    implements KernelRule {

  private static final String MOMENTUM = AdamRule.MOMENTUM;
  private static final String TRACE_AVERAGE = "traceAverage";

  /** Checks the ranges. */
  InducedMetricRule {
    Checks.nonNegative("xi", xi);
    Checks.decayRate("beta", beta);
    Checks.decayRate("momentum", momentum);
  }

  @Override
  public Map<String, Object> hyperparameters() {
    Map<String, Object> all = new LinkedHashMap<>(metric.hyperparameters());
    all.put("metric", metric.getClass().getSimpleName());
    all.put("embedding", embedding.getClass().getSimpleName());
    all.put("xi", xi);
    all.put("beta", beta);
    all.put("momentum", momentum);
    return all;
  }

  @Override
  public Map<String, Shape> stateShapes(ParameterInfo parameter) {
    Map<String, Shape> shapes = new LinkedHashMap<>();
    shapes.put(MOMENTUM, parameter.shape());
    shapes.putAll(metric.stateShapes(parameter));
    return shapes;
  }

  @Override
  public Set<String> scalarNames() {
    return Set.of(TRACE_AVERAGE);
  }

  @Override
  public boolean hasKernel() {
    return metric instanceof AmbientMetrics.Euclidean || metric instanceof AmbientMetrics.Rms;
  }

  @Override
  public Kernel kernel(StepContext context) {
    List<Double> numbers = new ArrayList<>();
    numbers.add(momentum);
    numbers.add(embedding.slope(context));
    numbers.add(xi);
    numbers.add(beta);
    numbers.add(context.scalars().getOrDefault(TRACE_AVERAGE, 0.0));
    numbers.add(Scalars.biasCorrection(beta, context.step()));
    numbers.add(Scalars.biasCorrection(momentum, context.updates()));
    if (metric instanceof AmbientMetrics.Rms rms) {
      numbers.add(rms.betaRms());
      numbers.add(Scalars.epsilon(rms.epsilon()));
      numbers.add((double) context.updates());
      return new Kernel("rms", MOMENTUM, AdamRule.MEAN_SQUARE, numbers);
    }
    return new Kernel("euclidean", MOMENTUM, Kernel.NONE, numbers);
  }

  @Override
  public PreparedStep prepare(StepContext context) {
    Map<ParameterStep, AmbientMetric.Inverse> inverses = new LinkedHashMap<>();
    for (ParameterStep p : context.parameters()) {
      inverses.put(p, metric.inverse(p));
    }
    double trace = metric.trace(inverses);
    double average =
        beta * context.scalars().getOrDefault(TRACE_AVERAGE, 0.0) + (1 - beta) * xi * trace;
    double smoothed = average / Scalars.biasCorrection(beta, context.step());
    double scale = embedding.metricScale(smoothed, embedding.slope(context));
    requireUsable(context.step(), trace, scale);
    return new Prepared(inverses, context.learningRate() * scale, trace, scale, average);
  }

  /** Throws unless trace and scale are finite. */
  static void requireUsable(long step, double trace, double scale) {
    if (!Double.isFinite(trace)) {
      throw new TrainingDivergedException(
          "Step %d: the trace of the metric is %s".formatted(step, trace));
    }
    if (!Double.isFinite(scale)) {
      throw new TrainingDivergedException("Step %d: the metric scale is %s".formatted(step, scale));
    }
  }

  /** The numbers that are kept for the model as a whole. */
  static Map<String, Double> scalars(double average) {
    return Map.of(TRACE_AVERAGE, average);
  }

  /** The step once s is known. */
  private final class Prepared implements PreparedStep {

    private final Map<ParameterStep, AmbientMetric.Inverse> inverses;
    private final double rate;
    private final double trace;
    private final double scale;
    private final double average;

    Prepared(
        Map<ParameterStep, AmbientMetric.Inverse> inverses,
        double rate,
        double trace,
        double scale,
        double average) {
      this.inverses = inverses;
      this.rate = rate;
      this.trace = trace;
      this.scale = scale;
      this.average = average;
    }

    @Override
    public void update(ParameterStep p) {
      if (metric instanceof AmbientMetrics.Rms rms
          && AdamRule.fused(p, momentum, rms.betaRms(), rms.epsilon(), rate)) {
        return;
      }
      AmbientMetric.Inverse inverse = inverses.get(p);
      inverse.commit();
      NDArray m = p.state(MOMENTUM);
      m.muli(momentum).addi(p.gradient().mul(1 - momentum));
      double correction = Scalars.biasCorrection(momentum, p.updates());
      p.weight().subi(inverse.apply(m).mul(rate / correction));
    }

    @Override
    public Map<String, Double> scalars() {
      return InducedMetricRule.scalars(average);
    }

    @Override
    public double trace() {
      return trace;
    }

    @Override
    public double metricScale() {
      return scale;
    }
  }
}
