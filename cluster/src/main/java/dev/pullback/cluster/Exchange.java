package dev.pullback.cluster;

import dev.pullback.train.InputException;
import dev.pullback.train.store.AtomicFiles;
import dev.pullback.train.study.TrialSpec;
import java.io.IOException;
import java.io.InputStream;
import java.io.Serializable;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.FileUtil;

/**
 * A folder on one of Hadoop's file systems where the driver puts the documents of trials, and
 * workers put what came of them. A trial's row appears last, and under its name only when it is
 * whole.
 *
 * @param folder its address
 */
record Exchange(URI folder) implements Serializable {

  private static final String DOCUMENT = "trial.json";
  private static final String ROW = "row.json";

  /** What is kept of a trial; checkpoints stay where they were made. */
  private static final List<String> KEPT = List.of("config.yaml", "metrics.jsonl", DOCUMENT, ROW);

  private FileSystem files() throws IOException {
    return FileSystem.get(folder, new Configuration());
  }

  private org.apache.hadoop.fs.Path place(String trial, String name) {
    return new org.apache.hadoop.fs.Path(new org.apache.hadoop.fs.Path(folder), trial + "/" + name);
  }

  boolean isComplete(String trial) throws IOException {
    return files().exists(place(trial, ROW));
  }

  /**
   * Puts the document of a trial there.
   *
   * @throws InputException if there is another trial, whose results would be taken for its own
   */
  void offer(String trial, Path study) throws IOException {
    Path document = study.resolve(trial).resolve(DOCUMENT);
    if (!files().exists(place(trial, DOCUMENT))) {
      copy(trial, document);
      return;
    }
    Path there = Files.createTempDirectory("pullback-trial");
    try {
      fetch(trial, there);
      List<String> differences =
          TrialSpec.read(document)
              .measuredDifferences(TrialSpec.read(there.resolve(trial).resolve(DOCUMENT)));
      if (!differences.isEmpty()) {
        throw new InputException(
            "%s holds a trial with another %s; choose another --results"
                .formatted(place(trial, DOCUMENT).getParent(), String.join(", ", differences)));
      }
    } finally {
      remove(there);
    }
  }

  /** Takes the document of a trial into a new folder. */
  void fetch(String trial, Path folder) throws IOException {
    try (InputStream in = files().open(place(trial, DOCUMENT))) {
      Files.copy(in, Files.createDirectories(folder.resolve(trial)).resolve(DOCUMENT));
    }
  }

  /** Puts what came of a trial there. */
  void put(String trial, Path study) throws IOException {
    for (String name : KEPT) {
      Path file = study.resolve(trial).resolve(name);
      if (Files.exists(file)) {
        copy(trial, file);
      }
    }
  }

  private void copy(String trial, Path file) throws IOException {
    String name = file.getFileName().toString();
    org.apache.hadoop.fs.Path part = place(trial, name + ".part");
    FileSystem files = files();
    files.copyFromLocalFile(false, true, new org.apache.hadoop.fs.Path(file.toUri()), part);
    org.apache.hadoop.fs.Path whole = place(trial, name);
    files.delete(whole, false);
    if (!files.rename(part, whole)) {
      throw new IOException("cannot rename " + part + " to " + whole);
    }
  }

  /** Takes what came of a trial. On the driver, since workers have no class but this package's. */
  void collect(String trial, Path study) throws IOException {
    for (String name : KEPT) {
      if (!name.equals(DOCUMENT) && files().exists(place(trial, name))) {
        try (InputStream in = files().open(place(trial, name))) {
          AtomicFiles.replace(study.resolve(trial).resolve(name), in::transferTo);
        }
      }
    }
  }

  static void remove(Path folder) throws IOException {
    if (!FileUtil.fullyDelete(folder.toFile())) {
      throw new IOException("cannot delete " + folder);
    }
  }
}
