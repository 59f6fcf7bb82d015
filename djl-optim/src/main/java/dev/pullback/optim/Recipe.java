package dev.pullback.optim;

import ai.djl.ndarray.types.Shape;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * What an optimiser is made of.
 *
 * @param name how users call it, such as {@code adamw}
 * @param groups rules for the parameters, at least one
 * @param induced how the loss takes part in the metric, or null if it does not
 * @param averaging what becomes of the weights over the steps, or null
 * @param names what users of this optimiser call the rules' hyperparameters, where that differs
 */
record Recipe(
    String name,
    List<ParameterGroup> groups,
    InducedForm induced,
    WeightAveraging averaging,
    Map<String, String> names) {

  Recipe(String name, List<ParameterGroup> groups, InducedForm induced, Map<String, String> names) {
    this(name, groups, induced, null, names);
  }

  Recipe with(WeightAveraging other) {
    return other == null ? this : new Recipe(name, groups, induced, other, names);
  }

  boolean isScheduleFree() {
    return averaging instanceof WeightAveraging.ScheduleFree;
  }

  /** Checks what goes together. */
  Recipe {
    groups = List.copyOf(groups);
    if (!StateFile.NAME.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "An optimiser's name has letters, digits, '_', '.', '+' and '-' only, but is " + name);
    }
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
    String kind = induced == null ? rules : "induced(" + rules + ")";
    return averaging == null
        ? kind
        : (isScheduleFree() ? "schedule_free(" : "average(") + kind + ")";
  }

  /** Returns all hyperparameters that state depends on. */
  Map<String, Object> hyperparameters() {
    Map<String, Object> all = new LinkedHashMap<>();
    if (induced != null) {
      all.putAll(induced.hyperparameters());
    }
    if (averaging != null) {
      all.putAll(averaging.hyperparameters());
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
    Set<String> names = new TreeSet<>();
    if (induced != null && induced.form() != InducedForm.Form.EXACT) {
      names.add(InducedCore.TRACE_AVERAGE);
    }
    if (induced != null && induced.form() == InducedForm.Form.RELATIVE) {
      names.add(InducedCore.TRACE_MEAN);
    }
    if (averaging != null) {
      names.addAll(averaging.scalarNames());
    }
    return names;
  }

  /** Names the state of a parameter. */
  Map<String, Shape> stateShapes(ParameterInfo parameter) {
    UpdateRule rule = groupOf(parameter).rule();
    Map<String, Shape> own = new LinkedHashMap<>();
    copies().forEach(name -> own.put(name, parameter.shape()));
    Map<String, Shape> reserved = new LinkedHashMap<>();
    StateFile.RESERVED.forEach(name -> reserved.put(name, parameter.shape()));
    Map<String, Shape> shapes =
        UpdateRule.requireDistinct(
            rule.name(), List.of(reserved, rule.stateShapes(parameter), own));
    shapes.keySet().removeAll(StateFile.RESERVED);
    return shapes;
  }

  /** Names the state that begins as a copy of the weight. */
  Set<String> copies() {
    return averaging == null ? Set.of() : averaging.copies();
  }
}
