package dev.pullback.optim;

import ai.djl.ndarray.types.Shape;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What an optimiser is made of.
 *
 * @param name how users call it, such as {@code adamw}
 * @param groups rules for the parameters, at least one
 * @param induced how the loss takes part in the metric, or null if it does not
 * @param names what users of this optimiser call the rules' hyperparameters, where that differs
 */
record Recipe(
    String name, List<ParameterGroup> groups, InducedForm induced, Map<String, String> names) {

  Recipe(String name, List<ParameterGroup> groups, InducedForm induced) {
    this(name, groups, induced, Map.of());
  }

  /** Checks what goes together. */
  Recipe {
    groups = List.copyOf(groups);
    if (groups.isEmpty()) {
      throw new IllegalArgumentException("An optimiser needs at least one group of parameters");
    }
    if (induced != null && induced.form() == InducedForm.Form.EXACT) {
      for (ParameterGroup group : groups) {
        if (!(group.rule() instanceof PreconditionedRule)) {
          throw new IllegalArgumentException(
              ("The exact form needs an ambient metric, but %s is a rule that is not linear; only"
                      + " its scale can be induced")
                  .formatted(group.rule().name()));
        }
      }
    }
  }

  /** Returns the group of a parameter. */
  ParameterGroup groupOf(ParameterInfo parameter) {
    return groups.stream()
        .filter(group -> group.members().test(parameter))
        .findFirst()
        .orElseThrow(
            () ->
                new IllegalStateException(
                    "No group takes the parameter %s %s; end with ParameterGroup.rest(rule)"
                        .formatted(parameter.path(), parameter.shape())));
  }

  /** Returns what state must have in common to be exchanged, such as {@code induced(rms)}. */
  String kind() {
    String rules = groups.stream().map(g -> g.rule().name()).collect(Collectors.joining("+"));
    return induced == null ? rules : "induced(" + rules + ")";
  }

  /** Returns all hyperparameters that state depends on. */
  Map<String, Object> hyperparameters() {
    Map<String, Object> all = new LinkedHashMap<>();
    if (induced != null) {
      all.putAll(induced.hyperparameters());
    }
    for (int i = 0; i < groups.size(); i++) {
      String prefix = groups.size() == 1 ? "" : groups.get(i).name() + ".";
      groups
          .get(i)
          .rule()
          .hyperparameters()
          .forEach((name, value) -> all.put(prefix + name, value));
    }
    return all;
  }

  /** Names the numbers that are kept for the model as a whole. */
  Set<String> scalarNames() {
    if (induced == null || induced.form() == InducedForm.Form.EXACT) {
      return Set.of();
    }
    return induced.form() == InducedForm.Form.RELATIVE
        ? Set.of(InducedCore.TRACE_AVERAGE, InducedCore.TRACE_MEAN)
        : Set.of(InducedCore.TRACE_AVERAGE);
  }

  /** Names the state of a parameter. */
  Map<String, Shape> stateShapes(ParameterInfo parameter) {
    Map<String, Shape> shapes = groupOf(parameter).rule().stateShapes(parameter);
    if (shapes.containsKey(StateFile.UPDATES)) {
      throw new IllegalStateException(
          "%s names a state %s, which the optimiser has already; choose another name"
              .formatted(groupOf(parameter).rule().name(), StateFile.UPDATES));
    }
    return shapes;
  }
}
