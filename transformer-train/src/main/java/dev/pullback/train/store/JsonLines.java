package dev.pullback.train.store;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pullback.optim.StepReport;
import dev.pullback.train.FailureReason;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Predicate;

/** A file of one JSON object a line, each with a {@code step}, written as the steps are taken. */
public final class JsonLines implements AutoCloseable {

  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path file;
  private final FileOperations.Output output;
  private IOException failure;
  private boolean open = true;

  private JsonLines(Path file, FileOperations.Output output) {
    this.file = file;
    this.output = output;
  }

  /**
   * Opens a file to append to; lines after a step, which will be written again, go, and so do
   * damaged ones.
   *
   * @param file the file, which need not exist
   * @param lastStep the last step whose lines stay
   * @return the open file
   * @throws IOException if it cannot be read or written
   */
  public static JsonLines open(Path file, long lastStep) throws IOException {
    return open(DiskOperations.INSTANCE, file, lastStep);
  }

  static JsonLines open(FileOperations files, Path file, long lastStep) throws IOException {
    return open(files, file, object -> isUpTo(lastStep, object));
  }

  static JsonLines open(FileOperations files, Path file, Predicate<ObjectNode> stays)
      throws IOException {
    try {
      boolean asItWas = Files.exists(file) && allStay(file, stays);
      if (Files.exists(file) && !asItWas) {
        rewrite(files, file, stays);
      }
      FileOperations.Output output = files.append(file);
      try {
        if (!asItWas) {
          files.syncFolder(file.toAbsolutePath().getParent());
        }
      } catch (IOException e) {
        output.close();
        throw e;
      }
      return new JsonLines(file, output);
    } catch (IOException e) {
      throw cannotWrite(file, e);
    }
  }

  private static boolean allStay(Path file, Predicate<ObjectNode> stays) throws IOException {
    try (LineReader lines = new LineReader(file)) {
      for (var line = lines.next(); line.isPresent(); line = lines.next()) {
        if (line.get().object().filter(stays).isEmpty()) {
          return false;
        }
      }
      return true;
    }
  }

  /**
   * Tells whether a line is of a step that is not taken again.
   *
   * @param lastStep the last of those
   * @param line the line
   * @return whether its step is at most that
   */
  public static boolean isUpTo(long lastStep, ObjectNode line) {
    JsonNode step = line.path("step");
    return step.isIntegralNumber() && step.canConvertToLong() && step.asLong() <= lastStep;
  }

  private static void rewrite(FileOperations files, Path file, Predicate<ObjectNode> stays)
      throws IOException {
    Path partial = AtomicFiles.partialBeside(file);
    try {
      try (LineReader lines = new LineReader(file);
          FileOperations.Output output = files.create(partial)) {
        var buffered = OutputStreams.buffered(output);
        for (var line = lines.next(); line.isPresent(); line = lines.next()) {
          if (line.get().object().filter(stays).isPresent()) {
            buffered.write((line.get().text() + "\n").getBytes(StandardCharsets.UTF_8));
          }
        }
        buffered.flush();
        output.sync();
      }
      files.rename(partial, file);
    } catch (IOException e) {
      AtomicFiles.deleteAfter(e, files, partial);
      throw e;
    }
  }

  /**
   * Adds a number; JSON has no NaN, so what does not exist is left out.
   *
   * @param line the object
   * @param name the key
   * @param value the number
   */
  public static void putFinite(ObjectNode line, String name, double value) {
    if (Double.isFinite(value)) {
      line.put(name, value);
    }
  }

  /**
   * Adds what the induced metric works with: gradient norm, trace and metric scale.
   *
   * @param line the object
   * @param report the step's report
   */
  public static void putMechanism(ObjectNode line, StepReport report) {
    putFinite(line, "gradientNorm", report.gradientNorm());
    putFinite(line, "trace", report.trace());
    putFinite(line, "metricScale", report.metricScale());
  }

  /**
   * Appends an object. After a failure, which may have left half a line, all further ones fail.
   *
   * @param line the object, with its {@code step}
   * @throws IOException if writing fails; it names the file
   */
  public void write(ObjectNode line) throws IOException {
    byte[] bytes = (JSON.writeValueAsString(line) + "\n").getBytes(StandardCharsets.UTF_8);
    attempt(() -> output.write(bytes, 0, bytes.length));
  }

  /**
   * Returns when all that was written is on the disk. Saving a checkpoint does this first.
   *
   * @throws IOException if that fails; it names the file
   */
  public void sync() throws IOException {
    attempt(output::sync);
  }

  private interface Attempt {
    void run() throws IOException;
  }

  private void attempt(Attempt attempt) throws IOException {
    if (failure == null) {
      try {
        attempt.run();
      } catch (IOException e) {
        failure = e;
      }
    }
    if (failure != null) {
      throw cannotWrite(file, failure);
    }
  }

  private static IOException cannotWrite(Path file, IOException e) {
    return new IOException("cannot write %s: %s".formatted(file, FailureReason.of(e)), e);
  }

  boolean isOpen() {
    return open;
  }

  @Override
  public void close() throws IOException {
    open = false;
    output.close();
  }
}
