package dev.pullback.train.ranks;

import java.io.IOException;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/** Where the processes of a run are started. */
public interface RankPlaces extends AutoCloseable {

  /**
   * Starts a process for each rank and waits until all have ended. When one ends badly, the others
   * are ended too.
   *
   * @param arguments of each rank's command line
   * @param threads of each process
   * @param stop asked now and then; once true, rank 0 is told to save and end
   * @param log takes a line that says why nobody was heard of
   * @return the ends of all that could be heard of; fewer than ranks where a machine was lost
   * @throws dev.pullback.train.InputException if there is no room for so many
   * @throws IOException if a process cannot be started
   */
  List<RankEnd> run(
      List<List<String>> arguments, int threads, BooleanSupplier stop, Consumer<String> log)
      throws IOException;

  @Override
  void close();
}
