package dev.pullback.train.corpus;

import com.github.luben.zstd.ZstdInputStream;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.zip.GZIPInputStream;

/**
 * A file that texts are read from.
 *
 * @param name as it is called in messages and in the manifest
 * @param path where it is
 * @param size in bytes, as it lies there
 */
record SourceFile(String name, Path path, long size) {

  private static final int BUFFER_BYTES = 1 << 16;

  /** What the bytes are, once they are decompressed. */
  enum Format {
    TEXT,
    JSON_LINES,
    ARCHIVE
  }

  Format format() {
    String plain = lowerCase().replaceFirst("\\.(gz|zst)$", "");
    if (plain.endsWith(".jsonl")) {
      return Format.JSON_LINES;
    }
    // Not Java: what is compressed once more is no archive that could be opened in place.
    boolean archive = lowerCase().endsWith(".jar") || lowerCase().endsWith(".zip");
    return archive ? Format.ARCHIVE : Format.TEXT;
  }

  boolean isCompressed() {
    return lowerCase().endsWith(".gz") || lowerCase().endsWith(".zst");
  }

  private String lowerCase() {
    return path.getFileName().toString().toLowerCase(Locale.ROOT);
  }

  /** Opens the file and decompresses it. */
  InputStream open() throws IOException {
    InputStream raw = new BufferedInputStream(Files.newInputStream(path), BUFFER_BYTES);
    try {
      if (lowerCase().endsWith(".gz")) {
        return new GZIPInputStream(raw, BUFFER_BYTES);
      }
      return lowerCase().endsWith(".zst") ? new ZstdInputStream(raw) : raw;
    } catch (IOException e) {
      raw.close();
      throw e;
    }
  }
}
