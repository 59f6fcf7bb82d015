package dev.pullback.train.store;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pullback.train.FailureReason;
import dev.pullback.train.InputException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/** Reads the measurements of a run back. */
public final class MetricsFile {

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
   * @throws InputException if the file cannot be read or holds something else
   */
  public static List<Point> losses(Path file, String split) {
    List<Point> points = new ArrayList<>();
    lines(
        file,
        split,
        line -> {
          JsonNode loss = line.path("loss");
          if (loss.isNumber()) {
            points.add(new Point(line.get("step").asLong(), loss.asDouble()));
          }
        });
    return points;
  }

  /**
   * Reads the measurements of one split, one after the other.
   *
   * @param file a {@code metrics.jsonl}; a last line that is cut off is left out
   * @param split {@code train} or {@code validation}
   * @param taker takes each, which has a step
   * @throws InputException if the file cannot be read or holds something else
   */
  public static void lines(Path file, String split, Consumer<ObjectNode> taker) {
    try (LineReader lines = new LineReader(file)) {
      int number = 1;
      Optional<LineReader.Line> line = lines.next();
      while (line.isPresent()) {
        Optional<LineReader.Line> next = lines.next();
        if (next.isPresent() || line.get().whole()) {
          ObjectNode object = measurement(line.get(), file + ", line " + number);
          if (object.path("split").asText().equals(split)) {
            taker.accept(object);
          }
        }
        line = next;
        number++;
      }
    } catch (IOException e) {
      throw new InputException(
          "cannot read the metrics %s: %s".formatted(file, FailureReason.of(e)), e);
    }
  }

  private static ObjectNode measurement(LineReader.Line line, String place) {
    ObjectNode object =
        line.object().orElseThrow(() -> new InputException(place + ": not a measurement in JSON"));
    JsonNode step = object.path("step");
    if (!step.isIntegralNumber() || !step.canConvertToLong() || step.asLong() < 0) {
      throw new InputException(place + ": not a measurement, which has a step");
    }
    JsonNode loss = object.path("loss");
    if (!loss.isMissingNode() && !(loss.isNumber() && Double.isFinite(loss.asDouble()))) {
      throw new InputException(place + ": the loss is not a finite number");
    }
    return object;
  }
}
