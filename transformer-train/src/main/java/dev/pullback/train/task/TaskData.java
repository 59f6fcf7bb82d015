package dev.pullback.train.task;

import dev.pullback.train.InputException;
import dev.pullback.train.config.RunConfig;
import java.util.Map;
import java.util.Optional;

/** The data of a task in memory. */
public interface TaskData {

  /**
   * Says where the data come from.
   *
   * @return words for a person
   */
  String origin();

  /**
   * Returns the fingerprint of all that is trained on and scored with.
   *
   * @return 64 lower-case hexadecimal digits
   */
  String sha256();

  /**
   * Returns how much there is to train on.
   *
   * @return images, rows or whole windows
   */
  long examples();

  /**
   * Returns what loading has settled, such as the data set that was chosen, so that a continued run
   * takes the same.
   *
   * @return options by key
   */
  default Map<String, String> settled() {
    return Map.of();
  }

  /**
   * Says what is missing of a data set that is not complete.
   *
   * @return such as {@code 1 of 5 training files}; empty for a complete one
   */
  default Optional<String> incomplete() {
    return Optional.empty();
  }

  /**
   * Creates the model with its batches.
   *
   * @param config the configuration
   * @param drawn whether initial weights are drawn; not where a checkpoint is about to replace them
   * @return the workload, to be closed
   * @throws dev.pullback.train.InputException if data and configuration do not fit together
   */
  Workload workload(RunConfig config, boolean drawn);

  /**
   * Creates the model with one process's part of its batches.
   *
   * @param config the configuration, of the whole batch
   * @param drawn whether initial weights are drawn
   * @param share the part
   * @return the workload, to be closed
   * @throws dev.pullback.train.InputException if batches cannot be divided
   */
  default Workload workload(RunConfig config, boolean drawn, Share share) {
    if (share.ranks() > 1) {
      throw new InputException(
          "%s cannot be divided among --workers".formatted(config.options().task));
    }
    return workload(config, drawn);
  }
}
