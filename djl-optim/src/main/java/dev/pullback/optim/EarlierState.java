package dev.pullback.optim;

import dev.pullback.engine.TensorInfo;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Files of state before version 2. Version 1 named every optimiser's hyperparameters as its users
 * do and had no kind. Files before that have no metadata, but a tensor {@code rule/NAME}.
 */
final class EarlierState {

  private static final Map<String, String> KINDS =
      Map.of(
          "sgd_metric", "induced(euclidean)",
          "sgd_log_metric", "induced(euclidean)",
          "sgd_rms", "induced(rms)",
          "sgd", "sgd",
          "adam", "rms",
          "adamw", "rms",
          "rmsprop", "rmsprop",
          "lion", "lion",
          "muon", "muon+muon+nadam");

  private static final Set<String> ADAM = Set.of("adam", "adamw");

  private EarlierState() {}

  /** Tells whether two optimisers are one under two names. */
  static boolean isSame(String a, String b) {
    return a.equals(b) || (ADAM.contains(a) && ADAM.contains(b));
  }

  /**
   * Returns what a file's metadata would be in the present version.
   *
   * @param metadata as the file has them
   * @param tensors the file's tensors, from which the one that names the optimiser is taken
   */
  static Map<String, String> translated(
      Map<String, String> metadata, Map<String, TensorInfo> tensors) {
    Map<String, String> found = new HashMap<>(metadata);
    if (!found.containsKey(StateFile.FORMAT)) {
      found.keySet().removeAll(Set.of(StateFile.OPTIMIZER, StateFile.KIND));
      marker(tensors)
          .ifPresent(
              name -> {
                tensors.remove(StateFile.RULE + name);
                found.put(StateFile.OPTIMIZER, name);
                found.put(StateFile.KIND, KINDS.getOrDefault(name, name));
              });
    } else if ("1".equals(found.get(StateFile.VERSION))) {
      found.put(StateFile.VERSION, StateFile.VERSION_NUMBER);
      fromVersion1(found);
    }
    return found;
  }

  private static Optional<String> marker(Map<String, TensorInfo> tensors) {
    return tensors.keySet().stream()
        .filter(name -> name.startsWith(StateFile.RULE))
        .map(name -> name.substring(StateFile.RULE.length()))
        .findFirst();
  }

  private static void fromVersion1(Map<String, String> found) {
    String name = found.getOrDefault(StateFile.OPTIMIZER, "");
    String metric = found.remove(StateFile.HYPERPARAMETER + "metric");
    found.put(
        StateFile.KIND,
        metric == null
            ? KINDS.getOrDefault(name, name)
            : "induced(" + metric.toLowerCase(Locale.ROOT) + ")");
    if (ADAM.contains(name)) {
      rename(found, "beta1", "momentum");
      rename(found, "beta2", "beta_rms");
    } else if (name.equals("muon")) {
      String eps = found.get(StateFile.HYPERPARAMETER + "eps");
      String momentum = found.remove(StateFile.HYPERPARAMETER + "momentum");
      for (String group : Set.of("embeddings", "matrices")) {
        put(found, group + ".eps", eps);
        put(found, group + ".momentum", momentum);
        put(found, group + ".rows_are_inputs", "" + group.equals("embeddings"));
      }
      rename(found, "adam_beta1", "rest.beta1");
      rename(found, "adam_beta2", "rest.beta2");
      rename(found, "eps", "rest.eps");
    }
  }

  private static void put(Map<String, String> found, String name, String value) {
    found.put(StateFile.HYPERPARAMETER + name, value);
  }

  private static void rename(Map<String, String> found, String from, String to) {
    put(found, to, found.remove(StateFile.HYPERPARAMETER + from));
  }
}
