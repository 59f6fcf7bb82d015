package dev.pullback.train.task;

import dev.pullback.train.config.OptionTable;
import dev.pullback.train.config.RunConfig;
import dev.pullback.train.config.Topic;
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
   * Tells whether an option that not all tasks have means something to this one: those of a
   * language model, and those that choose a text.
   *
   * @param option an option of {@link Tasks#SPECIAL} or of {@link Topic#MODEL}
   * @return whether it may be given
   */
  default boolean takes(OptionTable.Entry option) {
    return false;
  }

  /**
   * Counts the components that the loss is the sum of.
   *
   * @return what {@code components} may be, beside 1
   */
  default int components() {
    return 1;
  }

  /**
   * Tells whether there is a path in mixed precision.
   *
   * @return whether {@code precision} may be {@code mixed}
   */
  default boolean mixes() {
    return false;
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
