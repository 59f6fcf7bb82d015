package dev.pullback.train.ranks;

import dev.pullback.train.InputException;
import java.util.ServiceLoader;

/** Machines on which ranks run, as module {@code cluster} knows them. */
public interface RankCluster {

  /**
   * Connects to a cluster.
   *
   * @param master such as {@code spark://host:7077}
   * @return places for ranks, to be closed
   * @throws InputException if the master cannot be used
   */
  RankPlaces connect(String master);

  /**
   * Finds the one on the class path.
   *
   * @return the cluster
   * @throws InputException if there is none
   */
  static RankCluster find() {
    return ServiceLoader.load(RankCluster.class)
        .findFirst()
        .orElseThrow(
            () ->
                new InputException(
                    "--master needs the module cluster on the class path; ./pullback puts it there"));
  }
}
