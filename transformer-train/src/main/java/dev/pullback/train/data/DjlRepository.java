package dev.pullback.train.data;

import ai.djl.Application;
import ai.djl.basicdataset.BasicDatasets;
import ai.djl.repository.Artifact;
import ai.djl.repository.MRL;
import ai.djl.repository.Repository;
import dev.pullback.train.FailureReason;
import dev.pullback.train.InputException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Map;
import java.util.function.Consumer;

/**
 * DJL's repository of data sets, which the classes of {@code ai.djl.basicdataset} read. Their
 * arrays hold four bytes for every byte, on the engine's device; here only the files are taken.
 *
 * @param repository where the data sets are
 */
record DjlRepository(Repository repository) {

  /** The public repository. */
  DjlRepository() {
    this(BasicDatasets.REPOSITORY);
  }

  /** Takes the files of a data set. */
  interface Receiver {
    void receive(Contents contents) throws IOException;
  }

  /** The files of a data set, by their names in the repository. */
  interface Contents {
    InputStream open(String name) throws IOException;
  }

  /**
   * Downloads a data set into DJL's cache and hands on its files.
   *
   * @param artifact the data set's name
   * @param folder where the receiver puts its files
   * @param log takes one line when the download begins
   * @param receiver takes the files
   * @throws InputException if the download or the receiver fails
   */
  void fetch(String artifact, Path folder, Consumer<String> log, Receiver receiver) {
    log.accept("downloading %s from %s to %s".formatted(artifact, repository.getBaseUri(), folder));
    try {
      MRL mrl = repository.dataset(Application.CV.ANY, BasicDatasets.GROUP_ID, artifact, "1.0");
      Artifact found = mrl.getDefaultArtifact();
      if (found == null) {
        throw new IOException("it has no such data set");
      }
      mrl.prepare(found);
      Map<String, Artifact.Item> items = found.getFiles();
      receiver.receive(
          name -> {
            if (!items.containsKey(name)) {
              throw new IOException("the data set has no " + name);
            }
            return repository.openStream(items.get(name), null);
          });
    } catch (IOException e) {
      throw new InputException(
          "cannot download %s from %s: %s; put its files into %s by hand, or set %s or --data-dir to"
                  .formatted(
                      artifact,
                      repository.getBaseUri(),
                      FailureReason.of(e),
                      folder,
                      DataDirectory.VARIABLE)
              + " a folder that has them in "
              + artifact,
          e);
    }
  }
}
