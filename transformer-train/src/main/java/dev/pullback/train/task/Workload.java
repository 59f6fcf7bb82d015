package dev.pullback.train.task;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import dev.pullback.train.store.Checkpoint;
import dev.pullback.train.store.CheckpointFiles;
import java.io.IOException;
import java.util.Optional;
import java.util.function.BooleanSupplier;

/** A model with its batches, drawn from one seed. Owns the model's arrays. */
public interface Workload extends AutoCloseable {

  /**
   * Returns the model, which is closed with the workload.
   *
   * @return the initialised model
   */
  ModelInMemory model();

  /**
   * Returns the block that is trained.
   *
   * @return the initialised block
   */
  default Block block() {
    return model().block();
  }

  /**
   * Returns the manager that owns the model.
   *
   * @return the manager
   */
  default NDManager manager() {
    return model().manager();
  }

  /**
   * Returns the number of steps of an epoch.
   *
   * @return at least 1, or 0 where there are no epochs
   */
  int stepsPerEpoch();

  /**
   * Returns how much a step trains on.
   *
   * @return tokens, images or rows, of all its accumulated batches
   */
  long examplesPerStep();

  /**
   * Estimates the floating-point operations of a step, forward and backward: two for each
   * multiplication of a matrix product or a convolution with its addition, three times over.
   *
   * @return the operations, 0 where nobody would ask
   */
  default double flopsPerStep() {
    return 0;
  }

  /**
   * Estimates the bytes that a step keeps for its backward pass, from below.
   *
   * @return the bytes
   */
  default double activationBytes() {
    return 0;
  }

  /**
   * Computes the training loss of a batch; gradients are being collected.
   *
   * @param step from 1
   * @param part which of the step's accumulated batches, from 0
   * @return the mean over the batch
   */
  NDArray loss(long step, int part);

  /**
   * Computes one component of a loss that is the sum of several; gradients are being collected.
   *
   * @param step from 1
   * @param component from 0
   * @return its part of {@link #loss}
   * @throws UnsupportedOperationException if the loss has one component only
   */
  default NDArray component(long step, int component) {
    throw new UnsupportedOperationException("This loss has one component only");
  }

  /**
   * Measures on the held-out data. Nothing is recorded for a backward pass.
   *
   * @param batches how many batches, always the same ones, or 0 for all
   * @param stop asked between batches whether to give up
   * @return the score; empty if it was given up
   */
  Optional<Score> evaluate(int batches, BooleanSupplier stop);

  /**
   * Tells whether the model is measured before its first step too.
   *
   * @return whether step 0 has a score
   */
  default boolean evaluatesStart() {
    return false;
  }

  /**
   * Tells whether there is nothing left to be done.
   *
   * @param metric the latest score of the task's metric
   * @return whether training ends with it
   */
  default boolean isSolved(double metric) {
    return false;
  }

  /**
   * Writes the model, and what is needed to use it.
   *
   * @param files of a checkpoint
   * @throws IOException if writing fails
   */
  default void save(CheckpointFiles files) throws IOException {
    model().save(files);
  }

  /**
   * Takes the model of a checkpoint.
   *
   * @param checkpoint of the same task and configuration
   * @throws dev.pullback.train.InputException if it is not complete or does not fit
   */
  default void load(Checkpoint checkpoint) {
    model().load(checkpoint);
  }

  /**
   * Returns the model as one that continues texts.
   *
   * @return the language model; empty for every other kind
   */
  default Optional<LanguageModel> languageModel() {
    return Optional.empty();
  }

  /**
   * Counts the trainable weights.
   *
   * @return the elements of all parameters that have a gradient
   */
  default long parameters() {
    return block().getParameters().values().stream()
        .filter(Parameter::requiresGradient)
        .mapToLong(parameter -> parameter.getArray().size())
        .sum();
  }

  /**
   * Counts all weights, those that are not trained included.
   *
   * @return the elements of all parameters
   */
  default long weights() {
    return block().getParameters().values().stream()
        .mapToLong(parameter -> parameter.getArray().size())
        .sum();
  }

  @Override
  default void close() {
    model().close();
  }
}
