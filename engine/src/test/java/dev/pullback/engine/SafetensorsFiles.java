package dev.pullback.engine;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

/** Files for the tests of the safetensors reader. */
final class SafetensorsFiles {

  private SafetensorsFiles() {}

  /** Copies a resource into a folder. */
  static Path resource(Path folder, String name) throws IOException {
    Path file = folder.resolve(name);
    try (InputStream in = SafetensorsFiles.class.getResourceAsStream("/safetensors/" + name)) {
      Files.write(file, in.readAllBytes());
    }
    return file;
  }

  /** Writes a file of a header and data. */
  static Path write(Path folder, String header, byte[] data) throws IOException {
    Path file = folder.resolve("made.safetensors");
    Files.write(file, bytes(header, data));
    return file;
  }

  /** Returns the bytes of a file of a header and data. */
  static byte[] bytes(String header, byte[] data) {
    byte[] text = header.getBytes(StandardCharsets.UTF_8);
    return ByteBuffer.allocate(Long.BYTES + text.length + data.length)
        .order(ByteOrder.LITTLE_ENDIAN)
        .putLong(text.length)
        .put(text)
        .put(data)
        .array();
  }
}
