package dev.pullback.train.task;

import dev.pullback.train.config.RunConfig;
import dev.pullback.train.config.Topic;
import java.util.Set;
import java.util.function.Consumer;

/** Something to train: a model with its data, its loss and its scores. */
public interface Task {

  /**
   * Returns the name under which {@link Tasks} lists it.
   *
   * @return such as {@code text}
   */
  String name();

  /**
   * Returns what {@link Score#paper} and {@link Score#full} measure.
   *
   * @return such as {@code validation perplexity}
   */
  String metric();

  /**
   * Tells which values of the metric are good.
   *
   * @return the lower or the higher ones
   */
  Goal goal();

  /**
   * Names the topics whose options mean something to the task only: {@link Topic#MODEL} for a model
   * that is configured, nothing for one that is fixed.
   *
   * @return the topics
   */
  default Set<Topic> topics() {
    return Set.of();
  }

  /**
   * Loads the data, which several trials may share.
   *
   * @param config names them
   * @param log takes a line about downloads and choices now and then
   * @return the data in memory
   * @throws dev.pullback.train.InputException if they cannot be had
   */
  TaskData load(RunConfig config, Consumer<String> log);
}
