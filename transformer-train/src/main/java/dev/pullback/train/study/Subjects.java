package dev.pullback.train.study;

import dev.pullback.train.InputException;
import dev.pullback.train.config.RunConfig;
import dev.pullback.train.config.RunOptions;
import dev.pullback.train.task.TestFunction;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The paper's data sets, each the preset of a task. */
final class Subjects {

  static final String REGRESSION = "regression";
  static final String MNIST = "mnist";
  static final String SHAKESPEARE = "shakespeare";
  static final String CIFAR10 = "cifar10";

  /** From the quickest to train to the slowest. */
  private static final Map<String, String> PRESETS = new LinkedHashMap<>();

  static {
    PRESETS.put(REGRESSION, "paper-regression");
    PRESETS.put(MNIST, "paper-mnist");
    PRESETS.put(SHAKESPEARE, "paper");
    PRESETS.put(CIFAR10, "paper-cifar10");
  }

  private Subjects() {}

  static List<String> names() {
    return List.copyOf(PRESETS.keySet());
  }

  /**
   * Returns the configuration of a subject: a data set's, or a function's.
   *
   * @param common what is chosen for all trials of a call
   * @throws InputException if there is no such subject
   */
  static RunConfig config(String subject, String optimizer, RunOptions common) {
    RunOptions own = new RunOptions();
    own.optimizer = optimizer;
    if (TestFunction.byName(subject).isPresent()) {
      own.preset = "paper-lowdim";
      own.task = subject;
    } else {
      check(subject);
      own.preset = PRESETS.get(subject);
    }
    return RunConfig.resolve(null, own).with(commonTo(subject, common));
  }

  /** Functions are float64 and end with their steps. */
  private static Map<String, String> commonTo(String subject, RunOptions common) {
    Map<String, String> chosen = RunConfig.said(common);
    if (TestFunction.byName(subject).isPresent()) {
      chosen.keySet().removeAll(List.of("epochs", "precision"));
    }
    return chosen;
  }

  /** Refuses what is no data set. */
  static void check(String subject) {
    if (!PRESETS.containsKey(subject)) {
      throw new InputException(
          "There is no data set '%s'; choose one of %s"
              .formatted(subject, String.join(", ", names())));
    }
  }
}
