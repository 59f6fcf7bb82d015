package dev.pullback.optim;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/** Groups of parameters as one line of text; see {@link Optimizers#groups}. */
final class GroupsText {

  private static final Map<String, Double> MOMENTUM = Map.of("momentum", 0.9);
  private static final Map<String, Double> RMS = Map.of("beta_rms", 0.95, "eps", 1e-8);
  private static final Map<String, Double> ADAM = Map.of("beta1", 0.9, "beta2", 0.999, "eps", 1e-8);
  private static final Map<String, Double> MUON = Map.of("momentum", 0.95, "eps", 1e-8);

  private static final Map<String, Known> RULES = new TreeMap<>();

  /** A rule with its hyperparameters and their defaults. */
  private record Known(
      Map<String, Double> defaults, Function<Map<String, Double>, UpdateRule> rule) {}

  static {
    RULES.put("sgd", new Known(MOMENTUM, h -> Rules.sgd(h.get("momentum"))));
    RULES.put(
        "gradient",
        new Known(
            MOMENTUM, h -> Rules.preconditioned(AmbientMetric.euclidean(), h.get("momentum"))));
    RULES.put(
        "adam", new Known(ADAM, h -> Rules.adam(h.get("beta1"), h.get("beta2"), h.get("eps"))));
    RULES.put(
        "nadam",
        new Known(ADAM, h -> Rules.nesterovAdam(h.get("beta1"), h.get("beta2"), h.get("eps"))));
    RULES.put(
        "lion",
        new Known(
            Map.of("beta1", 0.9, "beta2", 0.99), h -> Rules.lion(h.get("beta1"), h.get("beta2"))));
    RULES.put("muon", new Known(MUON, h -> Rules.muon(h.get("momentum"), h.get("eps"), false)));
    RULES.put("muon-rows", new Known(MUON, h -> Rules.muon(h.get("momentum"), h.get("eps"), true)));
    RULES.put(
        "soap", ofMatrices((beta, eps) -> AmbientMetric.soap(beta, eps, MatrixBlocks.DEFAULT)));
    RULES.put(
        "shampoo",
        ofMatrices((beta, eps) -> AmbientMetric.shampoo(beta, eps, MatrixBlocks.DEFAULT)));
  }

  private GroupsText() {}

  private interface MatrixMetric {
    AmbientMetric of(double betaRms, double epsilon);
  }

  private static Known ofMatrices(MatrixMetric metric) {
    Map<String, Double> defaults = new HashMap<>(MOMENTUM);
    defaults.putAll(RMS);
    return new Known(
        defaults,
        h -> Rules.preconditioned(metric.of(h.get("beta_rms"), h.get("eps")), h.get("momentum")));
  }

  /**
   * Reads groups.
   *
   * @param text as {@link Optimizers#groups} describes it
   * @return the groups in their order
   * @throws IllegalArgumentException if it cannot be read; the message names the part
   */
  static List<ParameterGroup> parse(String text) {
    List<ParameterGroup> groups = new ArrayList<>();
    for (String part : text.split(";", -1)) {
      groups.add(group(part.strip()));
    }
    return groups;
  }

  private static ParameterGroup group(String part) {
    int colon = part.lastIndexOf(':');
    String[] words = part.substring(colon + 1).strip().split("\\s+", -1);
    if (colon < 1 || words[0].isEmpty()) {
      throw wrong(part, "is not WHICH: RULE NAME=VALUE ...");
    }
    String which = part.substring(0, colon).strip();
    Known known = RULES.get(words[0]);
    if (known == null) {
      throw wrong(
          part,
          "has the rule '%s', which is none of %s"
              .formatted(words[0], String.join(", ", RULES.keySet())));
    }
    Map<String, Double> values = new HashMap<>(known.defaults());
    values.put("lr", 1.0);
    values.put("decay", 1.0);
    for (int i = 1; i < words.length; i++) {
      String[] pair = words[i].split("=", -1);
      if (pair.length != 2 || !values.containsKey(pair[0])) {
        throw wrong(
            part,
            "has '%s', but takes %s"
                .formatted(words[i], String.join("=, ", new TreeSet<>(values.keySet())) + "="));
      }
      try {
        values.put(pair[0], Double.valueOf(pair[1]));
      } catch (NumberFormatException e) {
        throw wrong(part, "has '%s', which is no number".formatted(words[i]));
      }
    }
    return new ParameterGroup(
        which,
        members(which, part),
        known.rule().apply(values),
        values.get("lr"),
        values.get("decay"));
  }

  private static Predicate<ParameterInfo> members(String which, String part) {
    return switch (which) {
      case "rest" -> p -> true;
      case "matrices" -> ParameterInfo::isMatrix;
      case "others" -> p -> !p.isMatrix();
      default -> pattern(which, part);
    };
  }

  private static Predicate<ParameterInfo> pattern(String which, String part) {
    if (which.length() < 3 || !which.startsWith("/") || !which.endsWith("/")) {
      throw wrong(part, "begins with neither matrices, others, rest nor a pattern as in /bias$/");
    }
    try {
      Pattern pattern = Pattern.compile(which.substring(1, which.length() - 1));
      return p -> pattern.matcher(p.path()).find();
    } catch (PatternSyntaxException e) {
      throw wrong(part, "has a pattern with an error: " + e.getDescription());
    }
  }

  private static IllegalArgumentException wrong(String part, String what) {
    return new IllegalArgumentException("The group '%s' %s".formatted(part, what));
  }
}
