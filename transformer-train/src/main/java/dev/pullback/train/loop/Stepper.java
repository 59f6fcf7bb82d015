package dev.pullback.train.loop;

import dev.pullback.optim.StepReport;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;

/** Takes the optimiser's steps on a workload, and keeps its state. */
interface Stepper extends AutoCloseable {

  /**
   * Takes a step.
   *
   * @param step from 1
   */
  void step(long step);

  /**
   * Returns what the latest step did. Reads its loss from the device.
   *
   * @return the report
   */
  StepReport report();

  /**
   * Returns the bytes of the optimiser's state.
   *
   * @return the size of its arrays once they exist
   */
  long stateBytes();

  /**
   * Writes the optimiser's state.
   *
   * @param out where to write; it is not closed
   * @throws IOException if writing fails
   */
  void save(OutputStream out) throws IOException;

  /**
   * Reads the optimiser's state.
   *
   * @param file what {@link #save} wrote
   * @throws IOException if it cannot be read or is not complete
   * @throws IllegalArgumentException if it is another optimiser's or another model's
   */
  void load(Path file) throws IOException;

  @Override
  void close();
}
