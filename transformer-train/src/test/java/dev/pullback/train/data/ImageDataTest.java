package dev.pullback.train.data;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.repository.Artifact;
import ai.djl.repository.RemoteRepository;
import ai.djl.util.Progress;
import ai.djl.util.Utils;
import com.sun.management.ThreadMXBean;
import dev.pullback.train.InputException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Both image data sets, on small files in their formats. */
class ImageDataTest {

  private static final int IMAGES = 4;
  private static final String TRAIN_IMAGES = "train-images-idx3-ubyte.gz";

  @TempDir private Path folder;
  @TempDir private Path djl;
  private final List<String> log = new ArrayList<>();
  private DataDirectory directory;

  @BeforeEach
  void open() {
    directory = new DataDirectory(folder);
  }

  @Test
  void gathersFractionsOf255() {
    LabelledImages images =
        new LabelledImages(
            "test", new Shape(1, 1, 2), new byte[] {0, (byte) 255, 51, 102, 1, 2}, digits(7, 8, 9));
    try (NDManager manager = NDManager.newBaseManager()) {
      ImageBatch batch = images.gather(manager, 1, 0, 1);
      assertEquals(new Shape(3, 1, 1, 2), batch.images().getShape());
      assertArrayEquals(
          new float[] {0.2f, 0.4f, 0, 1, 0.2f, 0.4f}, batch.images().toFloatArray(), 1e-7f);
      assertArrayEquals(new long[] {8, 7, 8}, batch.labels().toLongArray());
    }
    assertThrows(
        IllegalArgumentException.class,
        () -> new LabelledImages("test", new Shape(1, 1, 2), new byte[3], new byte[2]));
  }

  @Test
  void cifarTakesTheTrainingFilesThatAreThere() throws IOException {
    byte[] second = cifar(2);
    put("cifar10/data_batch_2.bin", second);
    put("cifar10/data_batch_5.bin", cifar(5));

    LabelledImages images = cifar10(Map.of()).train(directory, log::add);

    assertEquals(2 * IMAGES, images.size());
    assertTrue(
        images.source().endsWith("cifar10, 2 of 5 files found: data_batch_2.bin, data_batch_5.bin"),
        images.source());
    assertEquals(2, images.filesFound());
    assertEquals(5, images.filesExpected());
    assertEquals(5, images.label(IMAGES), "the first label of the second file");
    try (NDManager manager = NDManager.newBaseManager()) {
      float[] pixels = images.gather(manager, 1).images().toFloatArray();
      int blue = 2 * 1024 + 3 * 32 + 4; // row 3, column 4
      assertEquals((second[3073 + 1 + blue] & 0xff) / 255f, pixels[blue]);
    }
    assertEquals(List.of(), log);
  }

  @Test
  void cifarNamesWhatIsWrongWithAFile() throws IOException {
    byte[] good = cifar(1);
    put("cifar10/test_batch.bin", Arrays.copyOf(good, good.length - 1));
    assertFails(
        () -> cifar10(Map.of()).test(directory, log::add),
        "test_batch.bin has 12291 bytes",
        "12292");

    byte[] bad = good.clone();
    bad[2 * 3073] = 10;
    put("cifar10/test_batch.bin", bad);
    assertFails(
        () -> cifar10(Map.of()).test(directory, log::add),
        "test_batch.bin has the label 10 for image 2",
        "0 to 9");

    put("cifar10/test_batch.bin", good);
    assertFails(
        () -> cifar10(Map.of("test_batch.bin", "00")).test(directory, log::add),
        "test_batch.bin",
        "checksum " + Sha256.of(good),
        "delete it");
    assertEquals(
        IMAGES,
        cifar10(Map.of("test_batch.bin", Sha256.of(good))).test(directory, log::add).size());
  }

  @Test
  void mnistReadsItsFiles() throws IOException {
    putMnist(images(0x803, 28), labels(0x801, 3, 1, 4, 1));

    LabelledImages images = mnist(Map.of()).train(directory, log::add);

    assertEquals(IMAGES, images.size());
    assertEquals(new Shape(1, 28, 28), images.shape());
    assertEquals(4, images.label(2));
    try (NDManager manager = NDManager.newBaseManager()) {
      assertEquals(2 / 255f, images.gather(manager, 0).images().toFloatArray()[2]);
    }
  }

  @Test
  void mnistNamesWhatIsWrongWithAFile() throws IOException {
    byte[] images = images(0x803, 28);
    byte[] labels = labels(0x801, 3, 1, 4, 1);

    putMnist(images(0x802, 28), labels);
    assertMnistFails("train-images-idx3-ubyte.gz", "magic number 0x00000802, expected 0x00000803");
    putMnist(images(0x803, 32), labels);
    assertMnistFails("train-images-idx3-ubyte.gz", "32 pixels", "28");
    putMnist(Arrays.copyOf(images, images.length - 1), labels);
    assertMnistFails("train-images-idx3-ubyte.gz", "3135 bytes", "3136");
    putMnist(new byte[7], labels);
    assertMnistFails("train-images-idx3-ubyte.gz", "after 7 bytes");
    putMnist(images, labels(0x801, 3, 1, 4));
    assertMnistFails("train-labels-idx1-ubyte.gz", "3 labels", "4 images");
    putMnist(images, labels(0x801, 3, 1, 4, 11));
    assertMnistFails("train-labels-idx1-ubyte.gz", "label 11 for image 3");
    putMnist(images, labels);
    put("mnist/train-images-idx3-ubyte.gz", Arrays.copyOf(packed(images), 100));
    assertMnistFails("train-images-idx3-ubyte.gz cannot be read", "delete it");
    put("mnist/train-images-idx3-ubyte.gz", images);
    assertMnistFails("train-images-idx3-ubyte.gz cannot be read", "GZIP");
  }

  @Test
  void mnistChecksTheUnpackedContent() throws IOException {
    byte[] images = images(0x803, 28);
    putMnist(images, labels(0x801, 3, 1, 4, 1));
    String name = "train-images-idx3-ubyte.gz";
    assertEquals(IMAGES, mnist(Map.of(name, Sha256.of(images))).train(directory, log::add).size());
    assertFails(() -> mnist(Map.of(name, "00")).train(directory, log::add), name, "expected 00");
  }

  /** A repository in a folder stands for DJL's. */
  @Test
  void missingFilesComeFromDjl() throws IOException {
    byte[] images = images(0x803, 28);
    byte[] labels = labels(0x801, 3, 1, 4, 1);
    publish("mnist", Map.of("train_data", images, "train_labels", labels));
    InputException partly =
        assertThrows(InputException.class, () -> mnist(Map.of()).train(directory, log::add));
    assertTrue(partly.getMessage().contains("the data set has no test_"), partly.getMessage());
    Utils.deleteQuietly(djl.resolve("cache"));
    log.clear();

    publish(
        "mnist",
        Map.of(
            "train_data",
            images,
            "train_labels",
            labels,
            "test_data",
            images,
            "test_labels",
            labels));
    assertEquals(1, mnist(Map.of()).test(directory, log::add).label(1));
    assertTrue(
        log.get(0)
            .startsWith(
                folder.resolve("mnist")
                    + " has no t10k-images-idx3-ubyte.gz, t10k-labels-idx1-ubyte.gz; downloading"
                    + " mnist from "),
        log.get(0));
    log.clear();
    assertEquals(IMAGES, mnist(Map.of()).train(directory, log::add).size());
    assertEquals(List.of(), log, "the second split is there already");

    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (int file = 1; file <= 5; file++) {
      all.write(cifar(file));
    }
    publish("cifar10", Map.of("data_batch.bin", all.toByteArray()));
    LabelledImages photographs = cifar10(Map.of()).train(directory, log::add);
    assertEquals(5 * IMAGES, photographs.size());
    assertEquals(5, photographs.label(4 * IMAGES));
    assertArrayEquals(cifar(3), Files.readAllBytes(folder.resolve("cifar10/data_batch_3.bin")));
  }

  @Test
  void aDownloadThatWasInterruptedIsNoSmallerTrainingSet() throws IOException {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (int file = 1; file <= 5; file++) {
      all.write(cifar(file));
    }
    byte[] whole = all.toByteArray();
    publish("cifar10", Map.of("data_batch.bin", Arrays.copyOf(whole, whole.length - 1)));
    assertFails(
        () -> cifar10(Map.of()).train(directory, log::add), "it ends within data_batch_5.bin");
    assertTrue(Files.notExists(folder.resolve("cifar10/data_batch_1.bin")));
    Utils.deleteQuietly(djl.resolve("cache"));

    publish("cifar10", Map.of("data_batch.bin", whole));
    put("cifar10/data_batch_1.bin", cifar(1));
    assertEquals(1, cifar10(Map.of()).train(directory, log::add).filesFound(), "put by hand");
    put("cifar10/" + Cifar10.DOWNLOADING, new byte[0]);
    assertEquals(5, cifar10(Map.of()).train(directory, log::add).filesFound());
    assertTrue(Files.notExists(folder.resolve("cifar10/" + Cifar10.DOWNLOADING)));
  }

  @Test
  void failedDownloadSaysWhatToDo() {
    InputException e =
        assertThrows(InputException.class, () -> mnist(Map.of()).train(directory, log::add));
    for (String part :
        List.of(
            djl.toString(),
            "put train-images-idx3-ubyte.gz, train-labels-idx1-ubyte.gz into",
            folder.resolve("mnist").toString(),
            "by hand",
            "PULLBACK_DATA")) {
      assertTrue(e.getMessage().contains(part), e.getMessage());
    }
    assertTrue(Files.notExists(folder.resolve("mnist/train-images-idx3-ubyte.gz")));
  }

  @Test
  void filesUnderOtherNamesAreAnsweredWithTheRightOnes() throws IOException {
    put("mnist/train-images.idx3-ubyte", images(0x803, 28));
    put("mnist/train-labels-idx1-ubyte.gz", packed(labels(0x801, 3, 1, 4, 1)));
    put("cifar10/cifar-10-batches-bin/test_batch.bin", cifar(1));
    assertFails(
        () -> mnist(Map.of()).train(directory, log::add), "put train-images-idx3-ubyte.gz into");
    assertFails(
        () -> cifar10(Map.of()).train(directory, log::add),
        "put data_batch_1.bin, data_batch_2.bin, data_batch_3.bin, data_batch_4.bin,"
            + " data_batch_5.bin into");
    assertFails(() -> cifar10(Map.of()).test(directory, log::add), "put test_batch.bin into");
  }

  /** A quarter of a megabyte that unpacks to a quarter of a gigabyte. */
  @Test
  void whatAFileUnpacksToIsBounded() throws IOException {
    byte[] images = images(0x803, 28);
    byte[] labels = labels(0x801, 3, 1, 4, 1);
    Path file = Files.createDirectories(folder.resolve("mnist")).resolve(TRAIN_IMAGES);
    putMnist(images, labels);
    try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(file))) {
      byte[] zeros = new byte[1 << 20];
      out.write(images, 0, 16);
      for (int i = 0; i < 256; i++) {
        out.write(zeros);
      }
    }
    assertTrue(Files.size(file) < 2 << 20);
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    assertMnistFails(TRAIN_IMAGES, "holds more than 47040016 bytes");
    assertTrue(threads.getCurrentThreadAllocatedBytes() - before < 200 << 20);

    byte[] damaged = images.clone();
    ByteBuffer.wrap(damaged).putInt(4, Integer.MAX_VALUE);
    putMnist(damaged, labels);
    assertMnistFails(TRAIN_IMAGES, "holds 3136 bytes", "announces 1683627179248");
    ByteBuffer.wrap(damaged).putInt(4, -1);
    putMnist(damaged, labels);
    assertMnistFails(TRAIN_IMAGES, "holds 3136 bytes", "announces -784");

    Path large = Files.createDirectories(folder.resolve("cifar10")).resolve("test_batch.bin");
    try (RandomAccessFile sparse = new RandomAccessFile(large.toFile(), "rw")) {
      sparse.setLength(3L << 30);
    }
    assertFails(() -> cifar10(Map.of()).test(directory, log::add), "holds more than 12292 bytes");
  }

  @Test
  void aBatchThatNoArrayHoldsIsRefused() {
    LabelledImages images =
        new LabelledImages("test", new Shape(3, 1024, 1024), new byte[3 << 20], digits(7));
    try (NDManager manager = NDManager.newBaseManager()) {
      assertFails(
          () -> images.gather(manager, new int[1024]), "a batch of 1024 images", "lower the batch");
    }
  }

  @Test
  void djlsDownloadsAreTriedAgain() throws IOException {
    byte[] images = images(0x803, 28);
    byte[] labels = labels(0x801, 3, 1, 4, 1);
    publish(
        "mnist",
        Map.of(
            "train_data",
            images,
            "train_labels",
            labels,
            "test_data",
            images,
            "test_labels",
            labels));
    FolderRepository flaky = new FolderRepository(djl);
    flaky.failures = 3;
    Mnist mnist = new Mnist(new DjlRepository(flaky, Duration.ofMillis(1)), Map.of());
    assertEquals(IMAGES, mnist.train(directory, log::add).size());
    assertEquals(0, flaky.failures);
  }

  @Test
  void realFilesAreComplete() {
    String data = System.getenv("PULLBACK_DATA");
    assumeTrue(data != null, "needs PULLBACK_DATA, the folder of the real data sets");
    DataDirectory real = new DataDirectory(Path.of(data));
    assumeTrue(
        Files.exists(real.file("mnist", "train-images-idx3-ubyte.gz"))
            && Files.exists(real.file("cifar10", "data_batch_1.bin")),
        "PULLBACK_DATA has no mnist and cifar10");

    LabelledImages digits = new Mnist().train(real, log::add);
    assertEquals(60_000, digits.size());
    assertEquals(List.of(5, 0, 4, 1, 9), first(digits));
    assertEquals(10_000, new Mnist().test(real, log::add).size());
    LabelledImages photographs = new Cifar10().train(real, log::add);
    assertEquals(List.of(6, 9, 9, 4, 1), first(photographs));
    assertEquals(0, photographs.size() % 10_000);
    assertEquals(10_000, new Cifar10().test(real, log::add).size());
    assertEquals(List.of(), log);
  }

  private static List<Integer> first(LabelledImages images) {
    return List.of(
        images.label(0), images.label(1), images.label(2), images.label(3), images.label(4));
  }

  private Cifar10 cifar10(Map<String, String> checksums) {
    return new Cifar10(repository(), checksums, IMAGES);
  }

  private Mnist mnist(Map<String, String> checksums) {
    return new Mnist(repository(), checksums);
  }

  private DjlRepository repository() {
    return new DjlRepository(new FolderRepository(djl), Duration.ofMillis(1));
  }

  private void assertMnistFails(String... parts) {
    assertFails(() -> mnist(Map.of()).train(directory, log::add), parts);
  }

  private static void assertFails(Runnable load, String... parts) {
    InputException e = assertThrows(InputException.class, load::run);
    for (String part : parts) {
      assertTrue(e.getMessage().contains(part), e.getMessage());
    }
  }

  private void put(String name, byte[] content) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    Files.write(file, content);
  }

  private void putMnist(byte[] images, byte[] labels) throws IOException {
    put("mnist/train-images-idx3-ubyte.gz", packed(images));
    put("mnist/train-labels-idx1-ubyte.gz", packed(labels));
  }

  private static byte[] packed(byte[] content) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (OutputStream out = new GZIPOutputStream(bytes)) {
      out.write(content);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  /** Writes a data set as DJL's repositories hold it. */
  private void publish(String artifact, Map<String, byte[]> contents) throws IOException {
    Path target = djl.resolve("dataset/cv/ai/djl/basicdataset").resolve(artifact);
    Files.createDirectories(target);
    List<String> items = new ArrayList<>();
    for (Map.Entry<String, byte[]> entry : contents.entrySet()) {
      Files.write(target.resolve(entry.getKey()), entry.getValue());
      items.add("\"%s\": {\"uri\": \"%1$s\", \"name\": \"%1$s\"}".formatted(entry.getKey()));
    }
    Files.writeString(
        target.resolve("metadata.json"),
        """
        {"metadataVersion": "0.2", "groupId": "ai.djl.basicdataset", "artifactId": "%s",
         "artifacts": [{"version": "1.0", "files": {%s}}]}
        """
            .formatted(artifact, String.join(", ", items)));
  }

  private static byte[] digits(int... values) {
    byte[] bytes = new byte[values.length];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) values[i];
    }
    return bytes;
  }

  /** A file of random images, all of one class. */
  private static byte[] cifar(int label) {
    byte[] bytes = new byte[IMAGES * 3073];
    new Random(label).nextBytes(bytes);
    for (int i = 0; i < IMAGES; i++) {
      bytes[i * 3073] = (byte) label;
    }
    return bytes;
  }

  private static byte[] images(int magic, int side) {
    ByteBuffer buffer = ByteBuffer.allocate(16 + IMAGES * side * side);
    buffer.putInt(magic).putInt(IMAGES).putInt(side).putInt(side);
    for (int i = 0; buffer.hasRemaining(); i++) {
      buffer.put((byte) i);
    }
    return buffer.array();
  }

  private static byte[] labels(int magic, int... values) {
    return ByteBuffer.allocate(8 + values.length)
        .putInt(magic)
        .putInt(values.length)
        .put(digits(values))
        .array();
  }

  /** A folder in the place of DJL's server, with a cache of its own beside the data sets. */
  private static final class FolderRepository extends RemoteRepository {

    private final Path folder;
    private int failures;

    FolderRepository(Path folder) {
      super("folder", folder.toUri());
      this.folder = folder;
    }

    @Override
    public void prepare(Artifact artifact, Progress progress) throws IOException {
      if (failures > 0) {
        failures--;
        throw new IOException("Premature EOF");
      }
      super.prepare(artifact, progress);
    }

    @Override
    public Path getCacheDirectory() throws IOException {
      return Files.createDirectories(folder.resolve("cache"));
    }
  }
}
