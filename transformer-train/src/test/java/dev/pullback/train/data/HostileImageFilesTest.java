package dev.pullback.train.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import dev.pullback.tokenizer.DamagedText;
import dev.pullback.train.InputException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/**
 * Image files that nobody vouches for, where no checksum is known: they are read or refused on one
 * line, and take no more memory than the real ones.
 */
class HostileImageFilesTest {

  private static final int IMAGES = 3;
  private static final String MNIST_IMAGES = "train-images-idx3-ubyte.gz";

  /** What MNIST takes, twice for arrays that grow. */
  private static final long ALLOWANCE = 2L * 60_000 * 28 * 28 + (1 << 20);

  private static Path folder;
  private static DataDirectory directory;

  @BeforeContainer
  static void open() throws IOException {
    folder = Files.createTempDirectory("hostile");
    directory = new DataDirectory(folder);
    Files.createDirectories(folder.resolve("mnist"));
    Files.createDirectories(folder.resolve("cifar10"));
    Files.write(folder.resolve("mnist/train-labels-idx1-ubyte.gz"), gzip(idx(0x801, IMAGES)));
  }

  @AfterContainer
  static void close() throws IOException {
    for (String name :
        new String[] {
          "mnist/" + MNIST_IMAGES,
          "mnist/train-labels-idx1-ubyte.gz",
          "mnist",
          "cifar10/test_batch.bin",
          "cifar10",
          ""
        }) {
      Files.deleteIfExists(folder.resolve(name));
    }
  }

  @Provide
  Arbitrary<byte[]> damagedIdxFiles() {
    return Arbitraries.randomValue(
        random -> {
          byte[] packed = gzip(damaged(random, idx(0x803, IMAGES, 28, 28), 16));
          return random.nextInt(3) == 0 ? damaged(random, packed, packed.length) : packed;
        });
  }

  @Provide
  Arbitrary<byte[]> damagedRecords() {
    return Arbitraries.randomValue(
        random -> damaged(random, new byte[IMAGES * 3073], IMAGES * 3073));
  }

  @Property
  void damagedMnistIsReadOrRefused(@ForAll("damagedIdxFiles") byte[] content) throws IOException {
    Path file = write("mnist/" + MNIST_IMAGES, content);
    isRead(file, () -> new Mnist(null, Map.of()).train(directory, line -> {}));
  }

  @Property
  void damagedCifarIsReadOrRefused(@ForAll("damagedRecords") byte[] content) throws IOException {
    Path file = write("cifar10/test_batch.bin", content);
    isRead(file, () -> new Cifar10(null, Map.of(), IMAGES).test(directory, line -> {}));
  }

  @Property(tries = 1)
  void aBombIsNotUnpacked() throws IOException {
    ByteArrayOutputStream bomb = new ByteArrayOutputStream();
    byte[] zeros = new byte[1 << 20];
    try (OutputStream packed = new GZIPOutputStream(bomb)) {
      packed.write(idx(0x803, 60_000, 28, 28), 0, 16);
      for (int i = 0; i < 256; i++) {
        packed.write(zeros);
      }
    }
    Path file = write("mnist/" + MNIST_IMAGES, bomb.toByteArray());
    InputException e =
        assertThrows(
            InputException.class, () -> new Mnist(null, Map.of()).train(directory, line -> {}));
    assertTrue(e.getMessage().startsWith(file + " holds more than 47040016 bytes"), e.getMessage());
  }

  private interface Reading {
    LabelledImages read();
  }

  private static void isRead(Path file, Reading reading) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    try {
      assertEquals(IMAGES, reading.read().size());
    } catch (InputException e) {
      String message = e.getMessage();
      assertTrue(message.startsWith(folder.toString()), message);
      assertTrue(message.contains(file.getFileName().toString()), message);
      assertTrue(DamagedText.isOneLine(message), message);
    }
    assertTrue(threads.getCurrentThreadAllocatedBytes() - before < ALLOWANCE);
  }

  private static byte[] damaged(Random random, byte[] content, int within) {
    byte[] bytes = content;
    for (int i = random.nextInt(3); i > 0 && bytes.length > 8; i--) {
      int at = random.nextInt(Math.min(within, bytes.length));
      switch (random.nextInt(4)) {
        case 0 -> bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length));
        case 1 -> bytes = Arrays.copyOf(bytes, bytes.length + 1 + random.nextInt(3073));
        case 2 ->
            ByteBuffer.wrap(bytes)
                .putInt(
                    Math.min(at & ~3, bytes.length - 4), random.nextInt() >> random.nextInt(32));
        default -> bytes[at] = (byte) random.nextInt(256);
      }
    }
    return bytes;
  }

  private static byte[] idx(int magic, int... sizes) {
    int count = Arrays.stream(sizes).reduce(1, (a, b) -> a * b);
    ByteBuffer file = ByteBuffer.allocate(4 + 4 * sizes.length + count).putInt(magic);
    Arrays.stream(sizes).forEach(file::putInt);
    return file.array();
  }

  private static byte[] gzip(byte[] bytes) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (OutputStream packed = new GZIPOutputStream(out)) {
      packed.write(bytes);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  private static Path write(String name, byte[] content) throws IOException {
    Path file = folder.resolve(name);
    Files.deleteIfExists(file);
    return Files.write(file, content);
  }
}
