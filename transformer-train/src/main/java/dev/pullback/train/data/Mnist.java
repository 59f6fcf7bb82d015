package dev.pullback.train.data;

import ai.djl.ndarray.types.Shape;
import dev.pullback.train.InputException;
import dev.pullback.train.store.PartialFile;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;

/**
 * MNIST: 60,000 handwritten digits to train on and 10,000 to test, grey, 28 by 28. It lives in its
 * four IDX files, {@code mnist/train-images-idx3-ubyte.gz} and so on, of the data folder, and is
 * fetched through DJL's repository of data sets where they are missing. Their unpacked content has
 * known checksums.
 */
public final class Mnist {

  /** The name of the data set, and of its folder. */
  public static final String NAME = "mnist";

  /** The number of classes. */
  public static final int CLASSES = 10;

  /** Height and width of the images, in pixels. */
  public static final int SIDE = 28;

  private static final int IMAGES_MAGIC = 0x803;
  private static final int LABELS_MAGIC = 0x801;

  /** Of the larger split. */
  private static final int MOST_IMAGES = 60_000;

  /** The files, by their names in DJL's repository. */
  private static final Map<String, String> FILES =
      Map.of(
          "train_data", "train-images-idx3-ubyte.gz",
          "train_labels", "train-labels-idx1-ubyte.gz",
          "test_data", "t10k-images-idx3-ubyte.gz",
          "test_labels", "t10k-labels-idx1-ubyte.gz");

  private static final Map<String, String> SHA256 =
      Map.of(
          "train-images-idx3-ubyte.gz",
          "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
          "train-labels-idx1-ubyte.gz",
          "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
          "t10k-images-idx3-ubyte.gz",
          "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
          "t10k-labels-idx1-ubyte.gz",
          "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2");

  private final DjlRepository repository;
  private final Map<String, String> checksums;

  /** The data set of the public repository. */
  public Mnist() {
    this(new DjlRepository(), SHA256);
  }

  /**
   * A data set of the same form.
   *
   * @param repository where missing files come from
   * @param checksums of the unpacked content by file name; a file without one is not checked
   */
  Mnist(DjlRepository repository, Map<String, String> checksums) {
    this.repository = repository;
    this.checksums = checksums;
  }

  /**
   * Returns the images to train on, downloading the data set when they are missing.
   *
   * @param directory the data folder
   * @param log takes one line when a download begins
   * @return images (1, 28, 28) and digits
   * @throws InputException if a file is not what it should be, or if the download fails
   */
  public LabelledImages train(DataDirectory directory, Consumer<String> log) {
    return load(directory, "train", log);
  }

  /**
   * Returns the images to test with, downloading the data set when they are missing.
   *
   * @param directory the data folder
   * @param log takes one line when a download begins
   * @return images (1, 28, 28) and digits
   * @throws InputException if a file is not what it should be, or if the download fails
   */
  public LabelledImages test(DataDirectory directory, Consumer<String> log) {
    return load(directory, "test", log);
  }

  private LabelledImages load(DataDirectory directory, String split, Consumer<String> log) {
    Path images = directory.file(NAME, FILES.get(split + "_data"));
    Path labels = directory.file(NAME, FILES.get(split + "_labels"));
    List<Path> missing = Stream.of(images, labels).filter(file -> !Files.exists(file)).toList();
    if (!missing.isEmpty()) {
      fetch(directory, missing, log);
    }
    byte[] pixels = body(images, IMAGES_MAGIC, SIDE, SIDE);
    byte[] digits = body(labels, LABELS_MAGIC);
    ImageFiles.checkLabels(labels, digits, 0, digits.length, CLASSES);
    if (pixels.length != (long) digits.length * SIDE * SIDE) {
      throw ImageFiles.broken(
          labels,
          "has %d labels, but %s has %d images"
              .formatted(digits.length, images, pixels.length / (SIDE * SIDE)));
    }
    return new LabelledImages("MNIST from " + images, new Shape(1, SIDE, SIDE), pixels, digits);
  }

  /** Reads an IDX file: a magic number, the count, the sizes of an item, then bytes. */
  private byte[] body(Path file, int magic, int... sizes) {
    int header = 4 * (2 + sizes.length);
    int most = header + MOST_IMAGES * Arrays.stream(sizes).reduce(1, Math::multiplyExact);
    byte[] bytes = ImageFiles.read(file, checksums.get(file.getFileName().toString()), most);
    if (bytes.length < header) {
      throw ImageFiles.broken(
          file, "ends after %d bytes, within its header".formatted(bytes.length));
    }
    ByteBuffer buffer = ByteBuffer.wrap(bytes);
    int found = buffer.getInt();
    if (found != magic) {
      throw ImageFiles.broken(
          file, "begins with the magic number %#010x, expected %#010x".formatted(found, magic));
    }
    long expected = buffer.getInt();
    for (int size : sizes) {
      int side = buffer.getInt();
      if (side != size) {
        throw ImageFiles.broken(
            file, "has images of %d pixels a side, expected %d".formatted(side, size));
      }
      expected *= size;
    }
    if (bytes.length - header != expected) {
      throw ImageFiles.broken(
          file,
          "holds %d bytes after its header, which announces %d"
              .formatted(bytes.length - header, expected));
    }
    return Arrays.copyOfRange(bytes, header, bytes.length);
  }

  /** DJL's copies are unpacked. */
  private void fetch(DataDirectory directory, List<Path> missing, Consumer<String> log) {
    repository.fetch(
        NAME,
        missing,
        log,
        contents -> {
          for (Map.Entry<String, String> entry : FILES.entrySet()) {
            Path target = directory.file(NAME, entry.getValue());
            if (!Files.exists(target)) {
              try (InputStream in = contents.open(entry.getKey());
                  PartialFile partial = PartialFile.beside(target)) {
                pack(in, partial.path());
                partial.commit();
              }
            }
          }
        });
  }

  private static void pack(InputStream in, Path target) throws IOException {
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(target))) {
      in.transferTo(out);
    }
  }
}
