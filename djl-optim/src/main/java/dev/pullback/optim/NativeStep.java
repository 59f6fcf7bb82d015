package dev.pullback.optim;

import ai.djl.TrainingDivergedException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import dev.pullback.engine.EngineSupport;
import dev.pullback.engine.Program;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Predicate;
import java.util.stream.DoubleStream;

/**
 * A step by an engine's program.
 *
 * @param norm the gradient's norm before clipping
 * @param trace the trace of an induced metric, or NaN
 * @param metricScale its scale, or NaN
 * @param scalars the numbers to keep for the model as a whole
 */
record NativeStep(double norm, double trace, double metricScale, Map<String, Double> scalars) {

  /** What the program returns, by position. */
  private static final int CARRIED_OUT = 0;

  private static final int NORM = 1;
  private static final int TRACE = 2;
  private static final int SCALE = 3;
  private static final int AVERAGE = 4;

  private static Optional<Program> program(NDArray weight) {
    return EngineSupport.of(weight).program(NativeStep.class, "optimizers");
  }

  /**
   * Tells what stands against a native step.
   *
   * @param rule the rule
   * @param transform what happens to the gradients
   * @param parameters all parameters
   * @return the reason, or nothing
   */
  static Optional<String> obstacle(
      UpdateRule rule, GradientTransform transform, List<ParameterStep> parameters) {
    if (!(rule instanceof KernelRule own) || !own.hasKernel()) {
      return Optional.of("nobody wrote a program for it");
    }
    if (transform.clip() != Double.POSITIVE_INFINITY) {
      return Optional.of("programs do not clip gradients element by element");
    }
    ParameterStep first = parameters.get(0);
    for (ParameterStep p : parameters) {
      if (p.info().dataType() != first.info().dataType() || p.updates() != first.updates()) {
        return Optional.of("parameters differ in type, or some were added or unfrozen later");
      }
    }
    try {
      return program(first.weight()).isPresent()
          ? Optional.empty()
          : Optional.of("the engine runs no programs");
    } catch (IllegalStateException e) {
      return Optional.of(e.getMessage());
    }
  }

  /**
   * Carries out the step.
   *
   * @param rule the rule
   * @param context the step; its gradients are neither rescaled nor clipped, and zero afterwards
   * @param transform how they are rescaled and clipped
   * @param decay the part of a weight that decays
   * @param decays which parameters decay
   * @return what was done; nothing if the portable path has to see to it, with nothing changed
   * @throws TrainingDivergedException if the trace or the scale cannot be used; nothing has changed
   *     but the gradients
   */
  static Optional<NativeStep> run(
      KernelRule rule,
      StepContext context,
      GradientTransform transform,
      double decay,
      Predicate<ParameterInfo> decays) {
    // Decaying weights first; weights with less state before those with more.
    List<ParameterStep> ordered = new ArrayList<>(context.parameters());
    ordered.sort(
        Comparator.comparing((ParameterStep p) -> !decays.test(p.info()))
            .thenComparing(ParameterStep::states));
    Kernel kernel = rule.kernel(context.with(ordered));
    NDList weights = new NDList();
    NDList gradients = new NDList();
    NDList first = new NDList();
    NDList second = new NDList();
    for (ParameterStep p : ordered) {
      weights.add(p.weight());
      gradients.add(p.gradient());
      first.add(p.state(kernel.first()));
      if (p.state(kernel.second()) != null) {
        second.add(p.state(kernel.second()));
      }
    }
    int decayed = (int) ordered.stream().filter(p -> decays.test(p.info())).count();
    double[] numbers =
        DoubleStream.concat(
                DoubleStream.of(
                    transform.rescale(),
                    transform.clipNorm(),
                    context.learningRate(),
                    decay,
                    decayed),
                kernel.numbers().stream().mapToDouble(Double::doubleValue))
            .toArray();
    double[] result =
        program(weights.head())
            .orElseThrow()
            .run(kernel.program(), List.of(weights, gradients, first, second), numbers);
    if (result.length > TRACE) {
      InducedMetricRule.requireUsable(context.step(), result[TRACE], result[SCALE]);
      return Optional.of(
          new NativeStep(
              result[NORM],
              result[TRACE],
              result[SCALE],
              InducedMetricRule.scalars(result[AVERAGE])));
    }
    return result[CARRIED_OUT] == 1
        ? Optional.of(new NativeStep(result[NORM], Double.NaN, Double.NaN, Map.of()))
        : Optional.empty();
  }
}
