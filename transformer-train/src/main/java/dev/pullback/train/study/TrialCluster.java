package dev.pullback.train.study;

import dev.pullback.train.InputException;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.util.ServiceLoader;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/** Machines that run the trials of a study, as module {@code cluster} knows them. */
public interface TrialCluster {

  /**
   * What is to be run.
   *
   * @param study the study
   * @param out its folder
   * @param master where, such as {@code local[2]} or {@code spark://host:7077}
   * @param results a folder that all workers reach, or null where the study's is one
   * @param keepCheckpoints whether checkpoints of complete trials stay
   */
  record Job(Study study, Path out, String master, URI results, boolean keepCheckpoints) {}

  /**
   * Runs every trial that is not complete; tuning first.
   *
   * @param job what is to be run
   * @param stop asked now and then whether to stop
   * @param log takes a line now and then
   * @return whether the study is complete
   * @throws InputException if the master or the folder of results cannot be used
   * @throws IOException if something cannot be read or written
   */
  boolean run(Job job, BooleanSupplier stop, Consumer<String> log) throws IOException;

  /**
   * Finds the one on the class path.
   *
   * @return the cluster
   * @throws InputException if there is none
   */
  static TrialCluster find() {
    return ServiceLoader.load(TrialCluster.class)
        .findFirst()
        .orElseThrow(
            () ->
                new InputException(
                    "--master needs the module cluster on the class path; ./pullback puts it there"));
  }
}
