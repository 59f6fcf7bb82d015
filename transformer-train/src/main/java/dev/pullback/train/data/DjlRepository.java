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
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * DJL's repository of data sets, which the classes of {@code ai.djl.basicdataset} read. Their
 * arrays hold four bytes for every byte, on the engine's device; here only the files are taken.
 *
 * @param repository where the data sets are
 * @param pause before a failed download is tried again; DJL fetches whole files and cannot go on
 *     within one
 */
record DjlRepository(Repository repository, Duration pause) {

  /** The public repository. */
  DjlRepository() {
    this(BasicDatasets.REPOSITORY, Retries.PAUSE);
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
   * @param missing the files that were looked for and that the receiver makes, in one folder
   * @param log takes one line when the download begins
   * @param receiver takes the files
   * @throws InputException if the download or the receiver fails
   */
  void fetch(String artifact, List<Path> missing, Consumer<String> log, Receiver receiver) {
    Path folder = missing.get(0).getParent();
    String names =
        missing.stream()
            .map(file -> file.getFileName().toString())
            .collect(Collectors.joining(", "));
    log.accept(
        "%s has no %s; downloading %s from %s"
            .formatted(folder, names, artifact, repository.getBaseUri()));
    try {
      MRL mrl = repository.dataset(Application.CV.ANY, BasicDatasets.GROUP_ID, artifact, "1.0");
      Artifact found =
          new Retries(pause)
              .call(
                  () -> {
                    Artifact any = mrl.getDefaultArtifact();
                    if (any != null) {
                      mrl.prepare(any);
                    }
                    return any;
                  });
      if (found == null) {
        throw new IOException("it has no such data set");
      }
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
          "cannot download %s from %s: %s; put %s into %s by hand, or set %s or --data-dir to a folder"
                  .formatted(
                      artifact,
                      repository.getBaseUri(),
                      FailureReason.of(e),
                      names,
                      folder,
                      DataDirectory.VARIABLE)
              + " that has the files in "
              + artifact,
          e);
    }
  }
}
