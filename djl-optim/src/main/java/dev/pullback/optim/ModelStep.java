package dev.pullback.optim;

import ai.djl.TrainingDivergedException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

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
  private double trace = Double.NaN;
  private double metricScale = Double.NaN;
  private boolean carriedOut;
  private boolean gradientsCopied;
  private boolean gradientsCleared;

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
      NDArray gradient = named.array().getGradient();
      if (gradient.isSparse()) { // an embedding's, if it was asked for
        gradient = gradient.toDense();
        gradientsCopied = true;
      }
      // PyTorch's stand-in for a gradient that was never computed is always float32.
      raw.add(gradient.toType(named.array().getDataType(), false));
    }
    if (settings.kernels() == Kernels.PORTABLE || !runNatively(raw)) {
      runPortably(raw);
    }
    for (BoundModel.Named named : parameters) {
      state.entries().get(named.path()).countUpdate();
    }
  }

  private void runPortably(List<NDArray> raw) {
    GradientTransform.Result gradients = settings.gradients().apply(raw, parameters);
    gradientNorm = gradients.norm();
    gradients.requireUsable(number);
    List<ParameterStep> steps = parameterSteps(gradients.arrays());
    PreparedStep prepared = rule.prepare(context(steps));
    decay(steps);
    steps.forEach(prepared::update);
    trace = prepared.trace();
    metricScale = prepared.metricScale();
    state.finishStep(prepared.scalars());
    carriedOut = true;
  }

  /** Returns whether the step was carried out; if not, nothing has changed. */
  private boolean runNatively(List<NDArray> raw) {
    List<ParameterStep> steps = parameterSteps(raw);
    Optional<String> obstacle = NativeStep.obstacle(rule, settings.gradients(), steps);
    if (obstacle.isPresent()) {
      if (settings.kernels() == Kernels.NATIVE) {
        throw new IllegalStateException(
            "There is no native step for %s: %s; choose the automatic or the portable kernels"
                .formatted(rule.name(), obstacle.get()));
      }
      return false;
    }
    Optional<NativeStep> done =
        NativeStep.run(
            (KernelRule) rule,
            context(steps),
            settings.gradients(),
            learningRate * weightDecay,
            this::decays);
    done.ifPresent(
        step -> {
          gradientNorm = step.norm();
          trace = step.trace();
          metricScale = step.metricScale();
          state.finishStep(step.scalars());
          carriedOut = true;
          gradientsCleared = !gradientsCopied;
        });
    return done.isPresent();
  }

  private StepContext context(List<ParameterStep> steps) {
    return new StepContext(number, learningRate, this::loss, state.scalars(), steps);
  }

  private boolean decays(ParameterInfo parameter) {
    return rule.decays(parameter) && settings.decayMask().test(parameter);
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
        if (decays(p.info())) {
          p.weight().subi(p.weight().mul(factor));
        }
      }
    }
  }

  private double loss() {
    return loss(losses);
  }

  private double loss(LossObserver losses) {
    if (!losses.hasObserved()) {
      throw new IllegalStateException(
          "The embedding needs the training loss of step "
              + number
              + ": train with optimizer.observe(loss) instead of loss, or call"
              + " optimizer.observeLoss(value) before the step");
    }
    return settings.gradients().rescale() * losses.sum();
  }

  /** Returns whether the step has set the gradients to zero. */
  boolean gradientsCleared() {
    return gradientsCleared;
  }

  /**
   * Describes the step that was carried out, or refused. Reads the loss from the device.
   *
   * @param observed the step's losses
   */
  StepReport report(LossObserver observed) {
    return new StepReport(
        number,
        learningRate,
        observed.hasObserved() ? loss(observed) : Double.NaN,
        gradientNorm,
        trace,
        metricScale,
        !carriedOut);
  }
}
