package dev.pullback.optim;

import dev.pullback.engine.Program;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A rule's update as a method of {@code optimizers.py}.
 *
 * @param method the method
 * @param states the arrays that it takes: names of the rule's state by the method's names
 * @param numbers what else it takes besides weights, gradients, decay and rate
 */
record NativeRule(String method, Map<String, String> states, Numbers numbers) {

  private static final Map<String, String> MOMENTUM = Map.of("momentum", "momentum");
  private static final Map<String, String> MOMENTS =
      Map.of("momentum", "momentum", "squares", "meanSquare");

  /** The numbers of a rule in one step. */
  @FunctionalInterface
  interface Numbers {

    /** Puts them in by the method's names; the rate is there and may be replaced. */
    void put(Map<String, Object> arguments, GroupStep group, ParameterStep any, double scale);
  }

  /** Returns the method for a rule, or nothing if there is none. */
  static Optional<NativeRule> of(UpdateRule rule) {
    NativeRule known = null;
    if (rule instanceof PreconditionedRule own) {
      known = preconditioned(own);
    } else if (rule instanceof SgdRule own) {
      known =
          new NativeRule(
              "descend",
              MOMENTUM,
              (a, group, p, scale) -> {
                a.put("mu", own.momentum());
                a.put("dampening", 0.0);
              });
    } else if (rule instanceof RmsPropRule own) {
      known =
          new NativeRule(
              "rmsprop",
              MOMENTS,
              (a, group, p, scale) -> {
                a.put("beta", own.decay());
                a.put("mu", own.momentum() * p.rateRatio());
                a.put("eps", Scalars.epsilon(own.epsilon()));
              });
    } else if (rule instanceof LionRule own) {
      known =
          new NativeRule(
              "lion",
              MOMENTUM,
              (a, group, p, scale) -> {
                a.put("beta1", own.beta1());
                a.put("beta2", own.beta2());
              });
    } else if (rule instanceof MuonRule own) {
      known =
          new NativeRule(
              "muon",
              MOMENTUM,
              (a, group, p, scale) -> {
                a.put("rows_are_inputs", own.rowsAreInputs());
                a.put("t", (double) p.updates());
                a.put("mu", own.momentum());
                a.put("eps", Scalars.epsilon(own.epsilon()));
              });
    } else if (rule instanceof NesterovAdamRule own) {
      known =
          new NativeRule(
              "nadam",
              MOMENTS,
              (a, group, p, scale) -> {
                a.put("t", (double) p.updates());
                a.put("beta1", own.beta1());
                a.put("beta2", own.beta2());
                a.put("eps", Scalars.epsilon(own.epsilon()));
              });
    }
    return Optional.ofNullable(known);
  }

  private static NativeRule preconditioned(PreconditionedRule rule) {
    if (rule.metric() instanceof AmbientMetrics.Euclidean) {
      return new NativeRule(
          "descend",
          MOMENTUM,
          (a, group, p, scale) -> {
            double correction = Scalars.biasCorrection(rule.momentum(), p.updates());
            a.put("rate", group.rate() * scale / correction);
            a.put("mu", rule.momentum());
            a.put("dampening", rule.momentum());
          });
    }
    if (rule.metric() instanceof AmbientMetrics.Rms rms) {
      return new NativeRule(
          "adam",
          MOMENTS,
          (a, group, p, scale) -> {
            boolean all = group.parameters().stream().allMatch(group::decays);
            a.put("fuse_decay", scale == 1 && all);
            a.put("t", (double) p.updates());
            a.put("beta1", rule.momentum());
            a.put("beta2", rms.betaRms());
            a.put("eps", Scalars.epsilon(rms.epsilon()));
          });
    }
    return null;
  }

  /**
   * Updates a group.
   *
   * @param program {@code optimizers.py}
   * @param group the group, with gradients that are rescaled and clipped already
   * @param scale s, or 1
   */
  void update(Program program, GroupStep group, double scale) {
    // Those that decay come first.
    List<ParameterStep> ordered = new ArrayList<>(group.parameters());
    ordered.sort(Comparator.comparing(p -> !group.decays(p)));
    Map<String, Object> arguments = new HashMap<>();
    arguments.put("params", NativeStep.list(ordered, ParameterStep::weight));
    arguments.put("grads", NativeStep.list(ordered, ParameterStep::gradient));
    states.forEach(
        (name, state) -> arguments.put(name, NativeStep.list(ordered, p -> p.state(state))));
    arguments.put("decayed", ordered.stream().filter(group::decays).count());
    arguments.put("decay", group.decay());
    arguments.put("rate", group.rate() * scale);
    numbers.put(arguments, group, ordered.get(0), scale);
    program.run(method, arguments);
  }
}
