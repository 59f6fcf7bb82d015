package dev.pullback.collective;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import ml.dmlc.xgboost4j.java.XGBoostJNI;

/** XGBoost's native library, and what it says when something fails. */
final class Xgboost {

  private static final Path MAPS = Path.of("/proc/self/maps");
  private static final Pattern MAPPED = Pattern.compile("(/.*/libxgboost4j[0-9]+\\.so)$");

  /** Where in its sources XGBoost stands, such as {@code - [socket.h:79|15:50:15]:}. */
  private static final Pattern PLACE =
      Pattern.compile("^(- )?\\[[^\\]]*\\]:?|^\\S+\\.(cc|h):\\d+:");

  private Xgboost() {}

  /**
   * Loads the library.
   *
   * @throws IOException if it is missing or cannot be loaded on this machine
   */
  static void load() throws IOException {
    try {
      XGBoostJNI.XGBSetGlobalConfig("{\"verbosity\": 0}");
    } catch (ExceptionInInitializerError | NoClassDefFoundError | UnsatisfiedLinkError e) {
      throw new IOException(
          "XGBoost's library is missing or cannot be loaded here (%s): start with ./pullback, which adds it, or add ml.dmlc:xgboost4j_2.12 to the class path"
              .formatted(e),
          e);
    }
    removeCopy();
  }

  /**
   * Removes the copy of 17 MB that the library was loaded from, which processes that are killed
   * would leave. Where it cannot be found, Java removes it when the process ends by itself.
   */
  private static synchronized void removeCopy() throws IOException {
    if (Files.isReadable(MAPS)) {
      List<String> lines;
      try (Stream<String> all = Files.lines(MAPS)) {
        lines = all.toList();
      }
      for (String line : lines) {
        Matcher mapped = MAPPED.matcher(line);
        if (mapped.find()) {
          Files.deleteIfExists(Path.of(mapped.group(1)));
        }
      }
    }
  }

  /** Returns the cause of a failure without XGBoost's places and stack. */
  static String reason(String error) {
    String reason = "no reason given";
    for (String line : String.valueOf(error).lines().toList()) {
      if (line.startsWith("Stack trace")) {
        break;
      }
      String text = line;
      for (Matcher place = PLACE.matcher(text.strip());
          place.lookingAt();
          place = PLACE.matcher(text.strip())) {
        text = text.strip().substring(place.end());
      }
      reason = text.replaceAll("[\\s,]+$", "").isBlank() ? reason : text.strip();
    }
    return reason;
  }
}
