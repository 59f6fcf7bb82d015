package dev.pullback.train.loop;

import dev.pullback.optim.StepReport;
import java.io.IOException;
import java.nio.file.Path;

/** Takes the optimiser's steps on a workload, and keeps its state. */
public interface Stepper extends AutoCloseable {

  /**
   * Takes a step.
   *
   * @param epoch from 0
   * @param step within the epoch, from 0
   * @return what it did
   */
  StepReport step(int epoch, int step);

  /** Writes the optimiser's state. */
  void save(Path file) throws IOException;

  /** Reads the optimiser's state. */
  void load(Path file) throws IOException;

  @Override
  void close();
}
