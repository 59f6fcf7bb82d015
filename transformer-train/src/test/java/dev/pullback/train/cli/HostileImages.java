package dev.pullback.train.cli;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.zip.GZIPOutputStream;

/** MNIST and CIFAR-10 in their formats: small or of nothing but zeros, and damaged. */
final class HostileImages {

  private static final int RECORD = 1 + 3 * 32 * 32;
  private static final int IMAGES = 10_000;

  private HostileImages() {}

  static void makeMnist(Path folder) throws IOException {
    Files.createDirectories(folder);
    for (String split : List.of("train", "t10k")) {
      Files.write(folder.resolve(split + "-images-idx3-ubyte.gz"), gzip(idx(0x803, 8, 28, 28)));
      Files.write(folder.resolve(split + "-labels-idx1-ubyte.gz"), gzip(idx(0x801, 8)));
    }
  }

  /** Files as large as the real ones, which take no space on the disk. */
  static void makeCifar(Path folder) throws IOException {
    Files.createDirectories(folder);
    for (String name : List.of("data_batch_2.bin", "test_batch.bin")) {
      Damage.setLength(folder.resolve(name), (long) IMAGES * RECORD);
    }
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

  /** What a file of MNIST does not survive. */
  static List<Damage> idxFiles(Random random) {
    List<Damage> damages = new ArrayList<>(Damage.ofAnyFile(random));
    double part = random.nextDouble();
    damages.addAll(
        List.of(
            Damage.bytes("not packed", b -> idx(0x803, 8, 28, 28)),
            Damage.bytes("cut off", b -> Arrays.copyOf(b, 1 + (int) (part * (b.length - 2)))),
            Damage.bytes("without its checksum", b -> Arrays.copyOf(b, b.length - 8)),
            Damage.bytes("a bit flipped", b -> flipped(b, part)),
            Damage.bytes("nothing, packed", b -> gzip(new byte[0])),
            Damage.bytes("seven bytes, packed", b -> gzip(new byte[7])),
            Damage.bytes("another magic number", b -> gzip(idx(0x80d, 8, 28, 28))),
            Damage.bytes("2,147,483,647 images", b -> gzip(announced(Integer.MAX_VALUE))),
            Damage.bytes("-1 images", b -> gzip(announced(-1))),
            Damage.bytes("images of 65,536 pixels", b -> gzip(idx(0x803, 0, 65_536, 65_536))),
            Damage.bytes("no image", b -> gzip(idx(0x803, 0, 28, 28))),
            Damage.bytes("a bomb", b -> bomb()),
            Damage.bytes("other images", b -> gzip(idx(0x803, 9, 28, 28)))));
    return damages;
  }

  private static byte[] announced(int count) {
    byte[] file = idx(0x803, 8, 28, 28);
    ByteBuffer.wrap(file).putInt(4, count);
    return file;
  }

  /** Unpacks to more than the heap. */
  private static byte[] bomb() {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    byte[] zeros = new byte[1 << 20];
    try (OutputStream packed = new GZIPOutputStream(out)) {
      packed.write(idx(0x803, 60_000, 28, 28), 0, 16);
      for (int i = 0; i < 256; i++) {
        packed.write(zeros);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return out.toByteArray();
  }

  private static byte[] flipped(byte[] bytes, double place) {
    bytes[10 + (int) (place * (bytes.length - 11))] ^= 1;
    return bytes;
  }

  /** What a file of CIFAR-10 does not survive. */
  static List<Damage> records(Random random) {
    List<Damage> damages = new ArrayList<>(Damage.ofAnyFile(random));
    long size = (long) IMAGES * RECORD;
    for (long length :
        new long[] {1, RECORD, size - 1, size + 1, size - RECORD, size + RECORD, 1L << 40}) {
      damages.add(Damage.of(length + " bytes", file -> Damage.setLength(file, length)));
    }
    for (int label : new int[] {10, 127, 128, 255}) {
      int image = random.nextInt(IMAGES);
      damages.add(
          Damage.of(
              "label %d of image %d".formatted(label, image),
              file -> {
                try (RandomAccessFile open = new RandomAccessFile(file.toFile(), "rw")) {
                  open.seek((long) image * RECORD);
                  open.write(label);
                }
              }));
    }
    return damages;
  }
}
