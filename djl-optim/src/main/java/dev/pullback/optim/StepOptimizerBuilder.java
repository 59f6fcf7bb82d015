package dev.pullback.optim;

import ai.djl.training.optimizer.Optimizer;
import ai.djl.training.tracker.ParameterTracker;
import ai.djl.training.tracker.Tracker;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;
import java.util.function.Predicate;

/**
 * What every optimiser of this library can be given.
 *
 * @param <T> the builder's own type
 */
public abstract class StepOptimizerBuilder<T extends StepOptimizerBuilder<T>>
    extends Optimizer.OptimizerBuilder<T> {

  private Schedule learningRate = Schedule.fixed(0.1);
  private Schedule weightDecay = Schedule.fixed(0);
  private Predicate<ParameterInfo> decayMask = parameter -> true;
  private double rescaleGrad = 1;
  private double clipGrad = Double.POSITIVE_INFINITY;
  private double clipGradientNorm = Double.POSITIVE_INFINITY;
  private int beginNumUpdate;
  private NonFinitePolicy nonFinite = NonFinitePolicy.RAISE;
  private Kernels kernels = Kernels.AUTO;
  private WeightAveraging averaging;
  private int maxSkippedSteps = 100;
  private boolean finiteCheck = true;
  private Collective collective;
  private final List<Consumer<StepReport>> reportListeners = new ArrayList<>();

  StepOptimizerBuilder() {}

  /** Returns what the optimiser is made of. */
  abstract Recipe recipe();

  /**
   * Builds the optimiser.
   *
   * @return a new, unbound optimiser
   */
  public abstract StepOptimizer build();

  /**
   * Sets a constant learning rate in double precision (default 0.1).
   *
   * @param value η ≥ 0
   * @return this builder
   */
  public T optLearningRate(double value) {
    learningRate = Schedule.fixed(Checks.nonNegative("learning rate", value));
    return self();
  }

  /**
   * Sets the learning rate by a schedule, asked once per step with the step's number from 1.
   *
   * @param tracker gives η ≥ 0
   * @return this builder
   */
  public T optLearningRateTracker(Tracker tracker) {
    learningRate = Schedule.of(tracker);
    return self();
  }

  /**
   * Sets a constant decoupled weight decay (default 0): θ ← θ - η λ θ, not multiplied by the metric
   * scale.
   *
   * @param value λ ≥ 0
   * @return this builder
   */
  public T optWeightDecay(double value) {
    weightDecay = Schedule.fixed(Checks.nonNegative("weight decay", value));
    return self();
  }

  /**
   * Sets the weight decay by a schedule, asked once per step with the step's number from 1.
   *
   * @param tracker gives λ ≥ 0
   * @return this builder
   */
  public T optWeightDecayTracker(Tracker tracker) {
    weightDecay = Schedule.of(tracker);
    return self();
  }

  /**
   * Sets a constant decoupled weight decay; DJL's name for {@link #optWeightDecay}.
   *
   * @param value λ ≥ 0
   * @return this builder
   */
  @Override
  public T optWeightDecays(float value) {
    return optWeightDecay(value);
  }

  /**
   * Chooses by path and shape which parameters decay (default: all).
   *
   * @param mask true where the weight decays
   * @return this builder
   */
  public T optDecayMask(Predicate<ParameterInfo> mask) {
    decayMask = mask;
    return self();
  }

  /**
   * Lets only matrices decay: no biases, norm scales or convolution kernels.
   *
   * @return this builder
   */
  public T optDecayMatricesOnly() {
    return optDecayMask(ParameterInfo::isMatrix);
  }

  /**
   * Multiplies gradients and the observed loss (default 1), for example by 1/k when k batches are
   * accumulated per step.
   *
   * @param value the factor, above 0
   * @return this builder
   */
  @Override
  public T setRescaleGrad(float value) {
    rescaleGrad = Checks.positive("rescaleGrad", value);
    return self();
  }

  /**
   * Clips each gradient element to [-value, value]; negative values turn it off (the default). Not
   * with several components of the loss ({@link InducedMetric.Builder#optComponents}).
   *
   * @param value the bound
   * @return this builder
   */
  @Override
  public T optClipGrad(float value) {
    clipGrad = value < 0 ? Double.POSITIVE_INFINITY : Checks.nonNegative("clipGrad", value);
    return self();
  }

  /**
   * Scales the whole model's gradient down to this Euclidean norm where it is longer (default: no
   * clipping).
   *
   * @param value the largest norm, above 0
   * @return this builder
   */
  public T optClipGradientNorm(double value) {
    clipGradientNorm = Checks.positive("gradient norm to clip at", value);
    return self();
  }

  /**
   * Sets the number of updates that the trackers start from (default 0).
   *
   * @param value at least 0
   * @return this builder
   */
  @Override
  public T optBeginNumUpdate(int value) {
    beginNumUpdate = (int) Checks.nonNegative("beginNumUpdate", value);
    return self();
  }

  /**
   * Chooses what happens when a step's values cannot be used (default: raise).
   *
   * @param policy the policy
   * @return this builder
   */
  public T optNonFinite(NonFinitePolicy policy) {
    nonFinite = policy;
    return self();
  }

  /**
   * Adds a listener that receives a report of every step.
   *
   * @param listener called at the end of each step
   * @return this builder
   */
  public T optReportListener(Consumer<StepReport> listener) {
    reportListeners.add(listener);
    return self();
  }

  /**
   * Chooses how steps are computed (default {@link Kernels#AUTO}).
   *
   * @param value automatic, portable or native
   * @return this builder
   */
  public T optKernels(Kernels value) {
    kernels = Objects.requireNonNull(value);
    return self();
  }

  /**
   * Keeps an average of the weights for evaluation (default: none).
   *
   * @param value the averaging
   * @return this builder
   * @throws IllegalStateException if the weights are averaged already, as by {@code schedule_free}
   * @see StepOptimizer#withEvaluationWeights
   */
  public T optWeightAveraging(WeightAveraging value) {
    if (averaging != null) {
      throw new IllegalStateException(
          "The weights are averaged already, by " + averaging + "; one average can be kept");
    }
    averaging = value;
    return self();
  }

  WeightAveraging averaging() {
    return averaging;
  }

  /**
   * Sets the learning rate of each parameter by a schedule, asked once per step and parameter with
   * DJL's id of the parameter and the step's number from 1. The metric scale and the weight decay
   * multiply it as they do a common rate.
   *
   * @param tracker gives η ≥ 0
   * @return this builder
   */
  public T optLearningRateTracker(ParameterTracker tracker) {
    learningRate = Schedule.of(tracker);
    return self();
  }

  /**
   * Sets how many steps in a row {@link NonFinitePolicy#SKIP} may leave out (default 100). Where
   * one more would be, its exception is raised: training that never recovers must end.
   *
   * @param value at least 0
   * @return this builder
   */
  public T optMaxSkippedSteps(int value) {
    maxSkippedSteps = (int) Checks.nonNegative("maxSkippedSteps", value);
    return self();
  }

  /**
   * Chooses whether each step looks at its values before it changes anything (default true).
   * Without the check a step saves the pass over the gradients, and the wait for the device, that
   * the check takes: a gradient that is not finite then goes into weights and state, where it
   * stays, and no {@link NonFinitePolicy} applies to it. A norm that is clipped by, a trace and a
   * loss that the step needs anyway are looked at all the same.
   *
   * @param value whether to look
   * @return this builder
   */
  public T optFiniteCheck(boolean value) {
    finiteCheck = value;
    return self();
  }

  /**
   * Trains with other processes, each on its part of every batch (default: alone). Once per step,
   * however many batches are accumulated, gradients and observed losses are replaced by their means
   * over all ranks, before rescaling, clipping and everything else: a rule sees the gradient of the
   * whole batch, and the {@link StepReport} its loss. That is right where each rank's loss is a
   * mean over as many examples as the others' are; for a loss that is a sum, {@link
   * #setRescaleGrad} by the number of ranks makes it one again.
   *
   * <p>All ranks decide alike whether a step's values can be used. A step that fails because
   * another rank is gone throws an {@link java.io.UncheckedIOException}; weights, state, gradients
   * and losses are as they were before it. The first step compares the weights and the state of all
   * ranks; see {@link StepOptimizer#requireEqualRanks}.
   *
   * <p>Parameters must be float32: with others the step throws an {@link IllegalStateException}.
   *
   * @param value the other processes; closed by the caller
   * @return this builder
   */
  public T optCollective(Collective value) {
    collective = Objects.requireNonNull(value);
    return self();
  }

  Collective collective() {
    return collective;
  }

  StepSettings settings() {
    return new StepSettings(
        learningRate,
        weightDecay,
        decayMask,
        new GradientTransform(rescaleGrad, clipGrad, clipGradientNorm),
        nonFinite,
        maxSkippedSteps,
        finiteCheck,
        kernels,
        beginNumUpdate);
  }

  List<Consumer<StepReport>> reportListeners() {
    return reportListeners;
  }
}
