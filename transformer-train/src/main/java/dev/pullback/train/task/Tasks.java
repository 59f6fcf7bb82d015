package dev.pullback.train.task;

import dev.pullback.train.InputException;
import dev.pullback.train.config.OptionTable;
import dev.pullback.train.config.RunConfig;
import dev.pullback.train.config.Topic;
import dev.pullback.train.model.Precision;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Every task by name: one row each. */
public final class Tasks {

  private static final List<Task> ALL =
      Stream.concat(
              Stream.of(
                  new TextTask(), new RegressionTask(), ImageTask.mnist(), ImageTask.cifar10()),
              Stream.of(TestFunction.values()).map(FunctionTask::new))
          .toList();

  /** Options that only some tasks have, beside those of a language model. */
  static final Set<String> SPECIAL = Set.of("dataset", "data", "tokenizer", "from");

  private Tasks() {}

  /**
   * Returns the task of a configuration.
   *
   * @param config the configuration
   * @return its task
   * @throws InputException if there is no such task, or an option does not go with it
   */
  public static Task of(RunConfig config) {
    Task task = byName(config.options().task);
    for (OptionTable.Entry option : OptionTable.entries()) {
      boolean special = option.setting().value() == Topic.MODEL || SPECIAL.contains(option.key());
      if (special && config.values().containsKey(option.key()) && !task.takes(option)) {
        throw new InputException(
            "%s has a model and data of its own; leave out %s"
                .formatted(task.name(), config.at(option.key())));
      }
    }
    checkComponents(task, config);
    return task;
  }

  private static void checkComponents(Task task, RunConfig config) {
    int components = config.options().components == null ? 1 : config.options().components;
    if (components == 1) {
      return;
    }
    if (task.components() != components) {
      throw new InputException(
          task.components() == 1
              ? "the loss of %s has one component; leave out %s"
                  .formatted(task.name(), config.at("components"))
              : "the loss of %s has %d components, but %s is %d"
                  .formatted(task.name(), task.components(), config.at("components"), components));
    }
    if (config.options().accumulate > 1) {
      throw new InputException(
          "%s takes one batch a step; leave out accumulate".formatted(config.at("components")));
    }
  }

  /**
   * Refuses mixed precision for a task that has no such path. Earlier runs may have written it down
   * and are continued.
   *
   * @param config of a new run
   * @throws InputException if it would be computed in float32
   */
  public static void checkPrecision(RunConfig config) {
    Task task = byName(config.options().task);
    if (config.options().precision == Precision.MIXED && !task.mixes()) {
      throw new InputException(
          "%s is computed in float32; leave out %s".formatted(task.name(), config.at("precision")));
    }
  }

  /**
   * Lists all tasks.
   *
   * @return their names
   */
  public static List<String> names() {
    return ALL.stream().map(Task::name).toList();
  }

  /**
   * Finds a task.
   *
   * @param name its name
   * @return the task
   * @throws InputException if there is none of that name; the message lists the names
   */
  public static Task byName(String name) {
    return ALL.stream()
        .filter(task -> task.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new InputException(
                    "There is no task '%s'; choose one of %s"
                        .formatted(name, names().stream().collect(Collectors.joining(", ")))));
  }
}
