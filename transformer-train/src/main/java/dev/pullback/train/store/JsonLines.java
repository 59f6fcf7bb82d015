package dev.pullback.train.store;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pullback.optim.StepReport;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/** A file of one JSON object a line, each with a {@code step}, written as the steps are taken. */
public final class JsonLines implements AutoCloseable {

  private static final ObjectMapper JSON = new ObjectMapper();

  private final BufferedWriter writer;

  private JsonLines(BufferedWriter writer) {
    this.writer = writer;
  }

  /**
   * Opens a file to append to; lines after a step, which will be written again, go.
   *
   * @param file the file, which need not exist
   * @param lastStep the last step whose lines stay
   * @return the open file
   * @throws IOException if it cannot be read or written
   */
  public static JsonLines open(Path file, long lastStep) throws IOException {
    if (Files.exists(file)) {
      List<String> kept = new ArrayList<>();
      for (String line : Files.readAllLines(file)) {
        if (stepOf(line) <= lastStep) {
          kept.add(line + "\n");
        }
      }
      RunDirectory.replace(file, String.join("", kept));
    }
    return new JsonLines(
        Files.newBufferedWriter(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND));
  }

  /** A line that a kill cut off counts as later than any step. */
  private static long stepOf(String line) {
    JsonNode node = MetricsFile.parse(line);
    return node == null ? Long.MAX_VALUE : node.path("step").asLong(Long.MAX_VALUE);
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
   * Appends an object.
   *
   * @param line the object, with its {@code step}
   * @throws IOException if writing fails
   */
  public void write(ObjectNode line) throws IOException {
    writer.write(JSON.writeValueAsString(line));
    writer.write('\n');
    writer.flush();
  }

  @Override
  public void close() throws IOException {
    writer.close();
  }
}
