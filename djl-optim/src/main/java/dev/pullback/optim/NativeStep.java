package dev.pullback.optim;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import dev.pullback.engine.EngineSupport;
import dev.pullback.engine.Program;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/**
 * A step by the engine's programs: measure, decide on the host, update group by group. The programs
 * are an optimisation of combinations that are known here; rules know nothing of them.
 *
 * @param recipe what the optimiser is made of
 * @param core the induced metric of the step, if there is one
 * @param transform how gradients are rescaled and clipped
 * @param check whether to look at gradients that nothing else looks at
 * @param groups the parameters with their raw gradients, which are zero after the step
 */
record NativeStep(
    Recipe recipe,
    Optional<InducedCore> core,
    GradientTransform transform,
    boolean check,
    List<GroupStep> groups) {

  private static final double READY = 1;

  /** Tells what stands against a native step, or nothing. */
  Optional<String> obstacle() {
    if (transform.clip() != Double.POSITIVE_INFINITY) {
      return Optional.of("programs do not clip gradients element by element");
    }
    List<ParameterStep> all = groups.stream().flatMap(g -> g.parameters().stream()).toList();
    ParameterStep first = all.get(0);
    for (ParameterStep p : all) {
      if (p.info().dataType() != first.info().dataType() || p.updates() != first.updates()) {
        return Optional.of("parameters differ in type, or some were added or unfrozen later");
      }
    }
    Optional<String> missing = missingProgram(recipe);
    if (missing.isPresent()) {
      return missing;
    }
    try {
      return find(first.weight()).isPresent()
          ? Optional.empty()
          : Optional.of("the engine runs no programs");
    } catch (IllegalStateException e) {
      return Optional.of(e.getMessage());
    }
  }

  /** Tells which program nobody wrote, or nothing. */
  static Optional<String> missingProgram(Recipe recipe) {
    boolean induced = recipe.induced() != null;
    for (ParameterGroup group : recipe.groups()) {
      if (NativeRule.of(group.rule()).isEmpty()) {
        return Optional.of("nobody wrote a program for " + group.rule().name());
      }
      if (induced && !(group.rule() instanceof PreconditionedRule)) {
        return Optional.of("no program measures the metric over " + group.rule().name());
      }
    }
    if (recipe.isScheduleFree()) {
      return Optional.of("no program moves another array than the weight");
    }
    return induced && recipe.induced().form() == InducedForm.Form.EXACT
        ? Optional.of("no program applies the exact form")
        : Optional.empty();
  }

  private static Optional<Program> find(NDArray weight) {
    return EngineSupport.of(weight).program(NativeStep.class, "optimizers");
  }

  /**
   * Carries out the step.
   *
   * @return what was done; nothing if the portable path has to see to it, with nothing changed
   * @throws ai.djl.TrainingDivergedException if the trace or the scale cannot be used; nothing has
   *     changed but the gradients
   */
  Optional<ModelStep.Outcome> run() {
    List<GroupStep> filled = groups.stream().filter(g -> !g.parameters().isEmpty()).toList();
    Program program = find(filled.get(0).parameters().get(0).weight()).orElseThrow();
    boolean onePass = core.isPresent() && filled.size() == 1 && rms(filled.get(0)).isPresent();
    double[] measured = measure(program, filled, onePass);
    if (measured[0] != READY) {
      return Optional.empty();
    }
    InducedCore.Result result = null;
    if (core.isPresent()) {
      result = core.get().scale(onePass ? measured[2] : trace(program, filled, measured[1]));
    }
    double scale = result == null ? 1 : result.scale();
    for (GroupStep group : filled) {
      NativeRule.of(group.rule()).orElseThrow().update(program, group, scale);
    }
    return Optional.of(
        new ModelStep.Outcome(
            measured[1],
            result == null ? Double.NaN : result.trace(),
            result == null ? Double.NaN : scale,
            result == null ? Map.of() : result.scalars(),
            true));
  }

  private static Optional<AmbientMetrics.Rms> rms(GroupStep group) {
    return group.rule() instanceof PreconditionedRule rule
            && rule.metric() instanceof AmbientMetrics.Rms rms
        ? Optional.of(rms)
        : Optional.empty();
  }

  private double[] measure(Program program, List<GroupStep> filled, boolean onePass) {
    NDList weights = new NDList();
    NDList gradients = new NDList();
    for (GroupStep group : filled) {
      weights.addAll(list(group.parameters(), ParameterStep::weight));
      gradients.addAll(list(group.parameters(), ParameterStep::gradient));
    }
    Map<String, Object> arguments = new HashMap<>();
    arguments.put("params", weights);
    arguments.put("grads", gradients);
    if (!check && core.isEmpty() && transform.isIdentity()) {
      return program.run("look", arguments);
    }
    arguments.put("rescale", transform.rescale());
    arguments.put("bound", transform.clipNorm());
    if (!onePass) {
      return program.run("measure", arguments);
    }
    arguments.putAll(rmsArguments(filled.get(0), rms(filled.get(0)).orElseThrow()));
    return program.run("measure_rms", arguments);
  }

  /** T of gradients that are rescaled and clipped already. */
  private double trace(Program program, List<GroupStep> filled, double norm) {
    double left = Math.min(norm, transform.clipNorm());
    if (filled.stream().allMatch(g -> PortableStep.isEuclidean(g.rule()))) {
      return left * left;
    }
    double trace = 0;
    for (GroupStep group : filled) {
      NDList gradients = list(group.parameters(), ParameterStep::gradient);
      Optional<AmbientMetrics.Rms> rms = rms(group);
      if (rms.isPresent()) {
        Map<String, Object> arguments = new HashMap<>(rmsArguments(group, rms.get()));
        arguments.put("grads", gradients);
        trace += program.run("rms_trace", arguments)[0];
      } else {
        trace += EngineSupport.of(gradients.head()).sumOfSquares(gradients);
      }
    }
    return trace;
  }

  private static Map<String, Object> rmsArguments(GroupStep group, AmbientMetrics.Rms rms) {
    return Map.of(
        "squares",
        list(group.parameters(), p -> p.state(AmbientMetrics.Rms.MEAN_SQUARE)),
        "beta",
        rms.betaRms(),
        "eps",
        Scalars.epsilon(rms.epsilon()),
        "t",
        (double) group.parameters().get(0).updates());
  }

  static NDList list(List<ParameterStep> parameters, Function<ParameterStep, NDArray> array) {
    NDList list = new NDList(parameters.size());
    parameters.forEach(p -> list.add(array.apply(p)));
    return list;
  }
}
