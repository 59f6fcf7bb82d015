package dev.pullback.optim;

import ai.djl.TrainingDivergedException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * One step of a whole model: everything is looked at before anything changes. The arrays it creates
 * belong to the caller's scope.
 */
final class ModelStep {

  private final UpdateRule rule;
  private final StepSettings settings;
  private final OptimizerState state;
  private final LossObserver losses;
  private final Collection<BoundModel.Named> parameters;
  private final long number;
  private final double learningRate;
  private final double weightDecay;
  private double gradientNorm = Double.NaN;
  private PreparedStep prepared;

  ModelStep(
      UpdateRule rule,
      StepSettings settings,
      OptimizerState state,
      LossObserver losses,
      Collection<BoundModel.Named> parameters) {
    this.rule = rule;
    this.settings = settings;
    this.state = state;
    this.losses = losses;
    this.parameters = parameters;
    this.number = state.step() + 1;
    long trackerStep = settings.beginNumUpdate() + number;
    this.learningRate =
        Checks.nonNegative("learning rate", settings.learningRate().at(trackerStep));
    this.weightDecay = Checks.nonNegative("weight decay", settings.weightDecay().at(trackerStep));
  }

  /**
   * Carries out the step.
   *
   * @throws TrainingDivergedException if its values cannot be used; nothing has changed then
   * @throws IllegalStateException if the model or the calls are not as they must be; likewise
   */
  void run() {
    List<NDArray> raw = new ArrayList<>();
    for (BoundModel.Named named : parameters) {
      requireSupportedType(named);
      raw.add(named.array().getGradient());
    }
    GradientTransform.Result gradients = settings.gradients().apply(raw, parameters);
    gradientNorm = gradients.norm();
    gradients.requireFinite(number);
    List<ParameterStep> steps = parameterSteps(gradients.arrays());
    prepared =
        rule.prepare(new StepContext(number, learningRate, this::loss, state.scalars(), steps));
    decay(steps);
    prepared.updateAll(steps);
    for (BoundModel.Named named : parameters) {
      state.entries().get(named.path()).countUpdate();
    }
    state.finishStep(prepared.scalars());
  }

  /** Half precision cannot hold the state: ε and squared gradients leave its range. */
  private static void requireSupportedType(BoundModel.Named named) {
    DataType type = named.array().getDataType();
    if (type != DataType.FLOAT32 && type != DataType.FLOAT64) {
      throw new IllegalStateException(
          "Parameter %s is %s; only float32 and float64 parameters can be trained"
              .formatted(named.path(), type));
    }
  }

  private List<ParameterStep> parameterSteps(List<NDArray> gradients) {
    List<ParameterStep> steps = new ArrayList<>();
    int i = 0;
    for (BoundModel.Named named : parameters) {
      ParameterInfo info = named.info();
      NDArray array = named.array();
      OptimizerState.Entry entry = state.entry(info, rule.stateShapes(info), array);
      steps.add(
          new ParameterStep(info, array, gradients.get(i++), entry.arrays(), entry.updates() + 1));
    }
    return steps;
  }

  /** Decoupled weight decay, not multiplied by the metric scale. */
  private void decay(List<ParameterStep> steps) {
    double factor = learningRate * weightDecay;
    if (factor != 0) {
      for (ParameterStep p : steps) {
        if (rule.decays(p.info()) && settings.decayMask().test(p.info())) {
          p.weight().subi(p.weight().mul(factor));
        }
      }
    }
  }

  private double loss() {
    if (!losses.hasObserved()) {
      throw new IllegalStateException(
          "The embedding needs the training loss of step "
              + number
              + ": train with optimizer.observe(loss) instead of loss, or call"
              + " optimizer.observeLoss(value) before the step");
    }
    return settings.gradients().rescale() * losses.sum();
  }

  /** Describes the step that was carried out, or refused. Reads the loss from the device. */
  StepReport report() {
    boolean skipped = prepared == null;
    return new StepReport(
        number,
        learningRate,
        losses.hasObserved() ? loss() : Double.NaN,
        gradientNorm,
        skipped ? Double.NaN : prepared.trace(),
        skipped ? Double.NaN : prepared.metricScale(),
        skipped);
  }
}
