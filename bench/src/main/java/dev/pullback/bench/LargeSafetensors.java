package dev.pullback.bench;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import dev.pullback.engine.Safetensors;
import dev.pullback.engine.SafetensorsReader;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Writes a model state of 2.5 GiB, one tensor above 2 GiB, or reads it back, and says what memory
 * that took. {@code bench/large-safetensors.sh} runs both.
 */
final class LargeSafetensors {

  /** Rows that are filled or digested at a time, at most 20 MB. */
  private static final int ROWS = 512;

  private static final Shape LARGE = new Shape(60_000, 10_000);
  private static final Shape LAYER = new Shape(2048, 4339);
  private static final int LAYERS = 8;

  /** How much memory may be resident, as a multiple of the state. */
  private static final double LIMIT = 1.2;

  private LargeSafetensors() {}

  /**
   * Runs one half.
   *
   * @param args {@code write} or {@code read}, then the file
   * @throws IOException if the file cannot be written or read
   */
  public static void main(String[] args) throws IOException {
    Path file = Path.of(args[1]);
    try (NDManager manager = NDManager.newBaseManager()) {
      Map<String, NDArray> state = new TreeMap<>();
      state.put("large", manager.create(LARGE));
      for (int i = 0; i < LAYERS; i++) {
        state.put("layer." + i, manager.create(LAYER));
      }
      long start = System.nanoTime();
      if (args[0].equals("write")) {
        state.values().forEach(LargeSafetensors::fill);
        start = System.nanoTime();
        try (OutputStream out = Files.newOutputStream(file)) {
          Safetensors.write(state, Map.of("format", "pt"), out);
        }
      } else {
        try (SafetensorsReader reader = Safetensors.open(file)) {
          reader.requireFinite();
          System.out.printf(Locale.ROOT, "checked in %.1f s%n", seconds(start));
          start = System.nanoTime();
          for (Map.Entry<String, NDArray> named : state.entrySet()) {
            reader.load(named.getKey(), named.getValue());
          }
        }
      }
      System.out.printf(Locale.ROOT, "%s in %.1f s%n", args[0], seconds(start));
      System.out.println("sha256 " + digest(state.values().stream()));
      report(state.values().stream().mapToLong(array -> 4 * array.size()).sum());
    }
  }

  private static double seconds(long start) {
    return (System.nanoTime() - start) / 1e9;
  }

  /** Fills an array with random numbers, some rows at a time. */
  private static void fill(NDArray array) {
    forRows(
        array,
        rows -> {
          NDArray part = array.get(rows);
          array.set(rows, array.getManager().randomNormal(part.getShape()));
        });
  }

  private static String digest(Stream<NDArray> arrays) {
    MessageDigest sha256;
    try {
      sha256 = MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every JDK has it
    }
    arrays.forEach(
        array -> forRows(array, rows -> sha256.update(array.get(rows).toByteBuffer(true))));
    return HexFormat.of().formatHex(sha256.digest());
  }

  /** Does something with some rows of a matrix after the other, and frees what it made. */
  private static void forRows(NDArray array, Consumer<NDIndex> work) {
    long count = array.getShape().get(0);
    for (long from = 0; from < count; from += ROWS) {
      try (NDScope scope = new NDScope()) {
        scope.suppressNotUsedWarning();
        work.accept(new NDIndex().addSliceDim(from, Math.min(count, from + ROWS)));
      }
    }
  }

  private static void report(long bytes) throws IOException {
    double peak = 0;
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith("VmHWM:")) {
        peak = 1024 * Double.parseDouble(line.replaceAll("\\D", ""));
      }
    }
    System.out.printf(
        Locale.ROOT,
        "state %d bytes, peak resident %.0f bytes, %.3f times the state; heap at most %d MB%n",
        bytes,
        peak,
        peak / bytes,
        Runtime.getRuntime().maxMemory() >> 20);
    if (peak > LIMIT * bytes) {
      throw new IllegalStateException("more than %s times the state".formatted(LIMIT));
    }
  }
}
