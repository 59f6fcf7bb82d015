package dev.pullback.optim;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDScope;
import dev.pullback.engine.AdamStep;
import dev.pullback.engine.EngineSupport;
import dev.pullback.optim.UpdateRule.Direction;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A step of one array operation after another, on every engine. Temporary arrays are those of one
 * parameter at a time, unless a rule has to prepare all of them.
 *
 * @param recipe what the optimiser is made of
 * @param core the induced metric of the step, if there is one
 * @param groups the parameters
 */
record PortableStep(Recipe recipe, Optional<InducedCore> core, List<GroupStep> groups) {

  private static final InducedCore.Result PLAIN =
      new InducedCore.Result(Double.NaN, Double.NaN, 1, List.of(), Map.of());

  /**
   * Carries out the step.
   *
   * @param gradients what was made of the gradients
   * @param components the gradients of the loss's components
   */
  ModelStep.Outcome run(GradientTransform.Result gradients, Components.Scaled components) {
    Map<ParameterStep, Direction> prepared = new HashMap<>();
    for (GroupStep group : groups) {
      if (group.rule().preparesAll()) {
        group.parameters().forEach(p -> prepared.put(p, group.rule().direction(p)));
      }
    }
    InducedCore.Result result = measure(gradients, components, prepared);
    for (GroupStep group : groups) {
      for (ParameterStep p : group.parameters()) {
        inScope(p, () -> update(group, p, direction(group, p, prepared), result, components));
      }
    }
    return new ModelStep.Outcome(
        gradients.norm(), result.trace(), result.scale(), result.scalars(), false);
  }

  /** Does something with one parameter, and frees what that took. */
  private static void inScope(ParameterStep p, Runnable work) {
    p.release();
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      work.run();
    } finally {
      p.release();
    }
  }

  private static Direction direction(
      GroupStep group, ParameterStep p, Map<ParameterStep, Direction> prepared) {
    Direction known = prepared.get(p);
    return known == null ? group.rule().direction(p) : known;
  }

  private InducedCore.Result measure(
      GradientTransform.Result gradients,
      Components.Scaled components,
      Map<ParameterStep, Direction> prepared) {
    if (core.isEmpty()) {
      return PLAIN;
    }
    return recipe.induced().form() == InducedForm.Form.EXACT
        ? core.get().exact(gram(components, prepared))
        : core.get().scale(trace(gradients, prepared));
  }

  /** T, in which what is not linear counts by the magnitude of its product with the gradient. */
  private double trace(GradientTransform.Result gradients, Map<ParameterStep, Direction> prepared) {
    if (groups.stream().allMatch(g -> isEuclidean(g.rule()))) {
      return gradients.clippedNorm() * gradients.clippedNorm();
    }
    NDList linear = new NDList();
    NDList other = new NDList();
    for (GroupStep group : groups) {
      for (ParameterStep p : group.parameters()) {
        inScope(
            p,
            () -> {
              Direction direction = direction(group, p, prepared);
              if (direction instanceof PreconditionedRule.Linear own) {
                linear.add(product(p.gradient(), own.inverse().apply(p.gradient())));
              } else {
                other.add(product(p.gradient(), direction.value()));
              }
            });
      }
    }
    try (linear;
        other) {
      return sum(linear) + Math.abs(sum(other));
    }
  }

  static boolean isEuclidean(UpdateRule rule) {
    return rule instanceof PreconditionedRule own
        && own.metric() instanceof AmbientMetrics.Euclidean;
  }

  private static double sum(NDList scalars) {
    return scalars.isEmpty() ? 0 : EngineSupport.sum(scalars);
  }

  /** Returns the inner product, which outlives the scope. */
  private static NDArray product(NDArray a, NDArray b) {
    NDArray product = a.mul(b).sum();
    NDScope.unregister(product);
    return product;
  }

  /** The inner products of the components' gradients and the momentum, summed over the model. */
  private double[][] gram(Components.Scaled components, Map<ParameterStep, Direction> prepared) {
    int n = recipe.induced().components() + 1;
    List<NDList> products = new ArrayList<>();
    for (int i = 0; i < n * n; i++) {
      products.add(new NDList());
    }
    for (GroupStep group : groups) {
      for (ParameterStep p : group.parameters()) {
        inScope(
            p,
            () -> {
              var direction = (PreconditionedRule.Linear) direction(group, p, prepared);
              List<NDArray> vectors = new ArrayList<>(components.of(p));
              vectors.add(direction.momentum());
              for (int a = 0; a < n; a++) {
                NDArray image = direction.inverse().apply(vectors.get(a));
                for (int b = 0; b <= a; b++) {
                  products.get(a * n + b).add(product(vectors.get(b), image));
                }
              }
            });
      }
    }
    double[][] gram = new double[n][n];
    for (int a = 0; a < n; a++) {
      for (int b = 0; b <= a; b++) {
        try (NDList own = products.get(a * n + b)) {
          gram[a][b] = sum(own);
          gram[b][a] = gram[a][b];
        }
      }
    }
    return gram;
  }

  private void update(
      GroupStep group,
      ParameterStep p,
      Direction direction,
      InducedCore.Result result,
      Components.Scaled components) {
    boolean free = recipe.isScheduleFree();
    NDArray moved = free ? p.state(WeightAveraging.BASE) : p.weight();
    if (direction.moves() && group.decays(p)) {
      moved.subi(p.weight().mul(group.decay()));
    }
    if (!free && result.shares().isEmpty() && fused(group, p, group.rate() * result.factor())) {
      return;
    }
    NDArray value;
    if (result.shares().isEmpty()) {
      value = direction.value().mul(group.rate() * result.factor());
    } else {
      var linear = (PreconditionedRule.Linear) direction;
      NDArray covector = linear.momentum().muli(result.factor());
      List<NDArray> gradients = components.of(p);
      for (int a = 0; a < gradients.size(); a++) {
        covector.addi(gradients.get(a).mul(result.shares().get(a)));
      }
      value = linear.inverse().apply(covector).mul(group.rate());
    }
    direction.commit();
    moved.subi(value);
  }

  /**
   * Lets the engine's own operator do Adam's update, if it has one; if not, nothing has changed.
   */
  private static boolean fused(GroupStep group, ParameterStep p, double rate) {
    if (!(group.rule() instanceof PreconditionedRule rule)
        || !(rule.metric() instanceof AmbientMetrics.Rms rms)) {
      return false;
    }
    return EngineSupport.of(p.weight())
        .fusedAdam(
            new AdamStep(
                p.weight(),
                p.gradient(),
                p.state(PreconditionedRule.MOMENTUM),
                p.state(AmbientMetrics.Rms.MEAN_SQUARE),
                rule.momentum(),
                rms.betaRms(),
                rate / Scalars.biasCorrection(rule.momentum(), p.updates()),
                Scalars.biasCorrection(rms.betaRms(), p.updates()),
                Scalars.epsilon(rms.epsilon())));
  }
}
