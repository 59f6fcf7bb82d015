package dev.pullback.train.data;

import dev.pullback.train.FailureReason;
import dev.pullback.train.InputException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.GZIPInputStream;

/** Reads the binary files of image data sets, and says what is wrong with them. */
final class ImageFiles {

  private ImageFiles() {}

  /**
   * Reads a file, unpacked if its name ends with {@code .gz}.
   *
   * @param file an existing file
   * @param sha256 the checksum of the unpacked content, or null if it is not known
   * @param most the largest number of bytes that the content may have; no more are read
   * @throws InputException if the file cannot be read, is larger or has another checksum
   */
  static byte[] read(Path file, String sha256, int most) {
    byte[] bytes;
    try (InputStream in = Files.newInputStream(file)) {
      bytes = file.toString().endsWith(".gz") ? unpack(in, most) : in.readNBytes(most + 1);
    } catch (IOException e) {
      throw broken(file, "cannot be read: " + FailureReason.of(e), e);
    }
    if (bytes.length > most) {
      throw broken(file, "holds more than " + most + " bytes, the most that it should");
    }
    String found = Sha256.of(bytes);
    if (sha256 != null && !found.equals(sha256)) {
      throw broken(file, "holds the SHA-256 checksum %s, expected %s".formatted(found, sha256));
    }
    return bytes;
  }

  private static byte[] unpack(InputStream in, int most) throws IOException {
    try (GZIPInputStream unpacked = new GZIPInputStream(in)) {
      return unpacked.readNBytes(most + 1);
    }
  }

  /** Checks that labels are 0 to below the number of classes. */
  static void checkLabels(Path file, byte[] labels, int from, int to, int classes) {
    for (int i = from; i < to; i++) {
      if ((labels[i] & 0xff) >= classes) {
        throw broken(
            file,
            "has the label %d for image %d, but labels are 0 to %d"
                .formatted(labels[i] & 0xff, i - from, classes - 1));
      }
    }
  }

  static InputException broken(Path file, String fault) {
    return broken(file, fault, null);
  }

  private static InputException broken(Path file, String fault, Throwable cause) {
    return new InputException(
        "%s %s; delete it to download it again".formatted(file, fault), cause);
  }
}
