package dev.pullback.train.data;

import ai.djl.ndarray.types.Shape;
import dev.pullback.train.InputException;
import dev.pullback.train.store.AtomicFiles;
import dev.pullback.train.store.PartialFiles;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * CIFAR-10: 50,000 photographs of ten kinds of things to train on and 10,000 to test, in colour, 32
 * by 32. It lives in the files of its binary version, {@code cifar10/data_batch_1.bin} to 5 and
 * {@code test_batch.bin}, of the data folder, and is fetched through DJL's repository of data sets
 * where they are missing. Those of the five files that are there are the training set, unless a
 * download was interrupted, which is then done again.
 *
 * @see <a href="https://www.cs.toronto.edu/~kriz/cifar.html">The CIFAR-10 data set</a>
 */
public final class Cifar10 {

  /** The name of the data set, and of its folder. */
  public static final String NAME = "cifar10";

  /** The number of classes. */
  public static final int CLASSES = 10;

  private static final Shape SHAPE = new Shape(3, 32, 32);
  private static final int PIXELS = (int) SHAPE.size();
  private static final int RECORD = 1 + PIXELS;
  private static final int FILE_IMAGES = 10_000;
  private static final List<String> TRAINING =
      IntStream.rangeClosed(1, 5).mapToObj(number -> "data_batch_" + number + ".bin").toList();
  private static final List<String> TEST = List.of("test_batch.bin");

  /** It is there while the files of a download get their names, one after another. */
  static final String DOWNLOADING = ".download";

  /** Those that are known; the others are checked by their size and labels. */
  private static final Map<String, String> SHA256 =
      Map.of(
          "data_batch_1.bin", "cee916563c9f80d84e3cc88e17fdc0941787f1244f00a67874d45b261883ada5",
          "test_batch.bin", "8e2eb146ae340b09e24670f29cabc6326dba54da8789dab6768acf480273f65b");

  private final DjlRepository repository;
  private final Map<String, String> checksums;
  private final int fileImages;

  /** The data set of the public repository. */
  public Cifar10() {
    this(new DjlRepository(), SHA256, FILE_IMAGES);
  }

  /**
   * A data set of the same form.
   *
   * @param repository where missing files come from
   * @param checksums by file name; a file without one is checked by its size and labels only
   * @param fileImages the number of images in each file
   */
  Cifar10(DjlRepository repository, Map<String, String> checksums, int fileImages) {
    this.repository = repository;
    this.checksums = checksums;
    this.fileImages = fileImages;
  }

  /**
   * Returns the images to train on, downloading the data set when there are none.
   *
   * @param directory the data folder
   * @param log takes one line when a download begins
   * @return images (3, 32, 32) in red, green and blue, with their classes; source and {@link
   *     LabelledImages#filesFound} say which and how many of the five files were there
   * @throws InputException if a file is not what it should be, or if the download fails
   */
  public LabelledImages train(DataDirectory directory, Consumer<String> log) {
    return load(directory, TRAINING, log);
  }

  /**
   * Returns the images to test with, downloading the data set when they are missing.
   *
   * @param directory the data folder
   * @param log takes one line when a download begins
   * @return images (3, 32, 32) in red, green and blue, with their classes
   * @throws InputException if a file is not what it should be, or if the download fails
   */
  public LabelledImages test(DataDirectory directory, Consumer<String> log) {
    return load(directory, TEST, log);
  }

  private LabelledImages load(DataDirectory directory, List<String> names, Consumer<String> log) {
    int before = present(directory, names).size();
    boolean interrupted = Files.exists(directory.file(NAME, DOWNLOADING));
    if (before == 0 || (interrupted && before < names.size())) {
      fetch(directory, names, log);
    }
    List<Path> files = present(directory, names);
    byte[] pixels = new byte[Math.multiplyExact(files.size() * fileImages, PIXELS)];
    byte[] labels = new byte[files.size() * fileImages];
    for (int i = 0; i < files.size(); i++) {
      read(files.get(i), i * fileImages, pixels, labels);
    }
    String found =
        files.stream().map(file -> file.getFileName().toString()).collect(Collectors.joining(", "));
    return new LabelledImages(
        "CIFAR-10 from %s, %s of %s files found: %s"
            .formatted(files.get(0).getParent(), files.size(), names.size(), found),
        SHAPE,
        pixels,
        labels,
        files.size(),
        names.size());
  }

  private static List<Path> present(DataDirectory directory, List<String> names) {
    return names.stream().map(name -> directory.file(NAME, name)).filter(Files::exists).toList();
  }

  /** Reads records of a label and an image; the image number {@code first} is the file's first. */
  private void read(Path file, int first, byte[] pixels, byte[] labels) {
    int expected = Math.multiplyExact(fileImages, RECORD);
    byte[] bytes = ImageFiles.read(file, checksums.get(file.getFileName().toString()), expected);
    if (bytes.length != expected) {
      throw ImageFiles.broken(
          file,
          "has %d bytes, expected %d (%d images of %d bytes)"
              .formatted(bytes.length, expected, fileImages, RECORD));
    }
    for (int i = 0; i < fileImages; i++) {
      labels[first + i] = bytes[i * RECORD];
      System.arraycopy(bytes, i * RECORD + 1, pixels, (first + i) * PIXELS, PIXELS);
    }
    ImageFiles.checkLabels(file, labels, first, first + fileImages, CLASSES);
  }

  /** DJL's repository holds the training files one after another in one. */
  private void fetch(DataDirectory directory, List<String> names, Consumer<String> log) {
    String item = names.equals(TEST) ? "test_batch.bin" : "data_batch.bin";
    repository.fetch(
        NAME,
        names.stream().map(name -> directory.file(NAME, name)).toList(),
        log,
        contents -> {
          try (InputStream in = contents.open(item);
              PartialFiles parts = new PartialFiles()) {
            for (String name : names) {
              Files.write(parts.beside(directory.file(NAME, name)), part(in, name));
            }
            Path downloading = directory.file(NAME, DOWNLOADING);
            AtomicFiles.replace(downloading, "");
            parts.commit();
            if (Files.exists(downloading)) { // else another process was faster
              AtomicFiles.delete(downloading);
            }
          }
        });
  }

  private byte[] part(InputStream in, String name) throws IOException {
    byte[] bytes = in.readNBytes(fileImages * RECORD);
    if (bytes.length < fileImages * RECORD) {
      throw new IOException("it ends within " + name);
    }
    return bytes;
  }
}
