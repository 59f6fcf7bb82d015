package dev.pullback.train.task;

import dev.pullback.train.InputException;
import java.util.List;
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

  private Tasks() {}

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
