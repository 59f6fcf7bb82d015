package dev.pullback.train.store;

import java.io.IOException;

/** Writes the files of a checkpoint. */
@FunctionalInterface
public interface CheckpointWriter {

  /**
   * Writes.
   *
   * @param files where to
   * @throws IOException if writing fails; the checkpoint is then not made
   */
  void writeTo(CheckpointFiles files) throws IOException;
}
