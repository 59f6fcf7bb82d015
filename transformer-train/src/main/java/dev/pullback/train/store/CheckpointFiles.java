package dev.pullback.train.store;

import java.io.IOException;
import java.io.OutputStream;

/** The files of a checkpoint that is being written. */
public interface CheckpointFiles {

  /**
   * Creates a file.
   *
   * @param name its name, without folders; each is created once
   * @return a buffered stream, which need not be closed; closing it brings the content to the disk
   * @throws IOException if it cannot be created
   */
  OutputStream create(String name) throws IOException;
}
