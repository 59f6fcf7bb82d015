package dev.pullback.train.store;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.pullback.train.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Reads the measurements of a run back. */
public final class MetricsFile {

  private static final ObjectMapper JSON = new ObjectMapper();

  private MetricsFile() {}

  /**
   * A loss at a step.
   *
   * @param step the step, from 1
   * @param loss nats per token
   */
  public record Point(long step, double loss) {}

  /**
   * Reads the losses of one split.
   *
   * @param file a {@code metrics.jsonl}; a last line that is cut off is left out
   * @param split {@code train} or {@code validation}
   * @return the losses in the order of the file
   * @throws InputException if the file cannot be read
   */
  public static List<Point> losses(Path file, String split) {
    List<Point> points = new ArrayList<>();
    try {
      for (String line : Files.readAllLines(file)) {
        JsonNode node = parse(line);
        if (node != null && node.path("split").asText().equals(split) && node.has("loss")) {
          points.add(new Point(node.get("step").asLong(), node.get("loss").asDouble()));
        }
      }
    } catch (IOException e) {
      throw new InputException("cannot read the metrics " + file, e);
    }
    return points;
  }

  /** Returns the object in a line, or null for one that a kill cut off. */
  public static JsonNode parse(String line) {
    try {
      return JSON.readTree(line);
    } catch (JsonProcessingException e) {
      return null;
    }
  }
}
