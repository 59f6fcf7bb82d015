package dev.pullback.train.run;

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

/** {@code metrics.jsonl}: one JSON object a line, written as the run goes. */
final class MetricsLog implements AutoCloseable {

  private static final ObjectMapper JSON = new ObjectMapper();

  private final BufferedWriter writer;

  private MetricsLog(BufferedWriter writer) {
    this.writer = writer;
  }

  /** Opens the log to append to; lines after {@code lastStep}, which will be written again, go. */
  static MetricsLog open(Path file, long lastStep) throws IOException {
    if (Files.exists(file)) {
      List<String> kept = new ArrayList<>();
      for (String line : Files.readAllLines(file)) {
        if (stepOf(line) <= lastStep) {
          kept.add(line + "\n");
        }
      }
      RunDirectory.replace(file, String.join("", kept));
    }
    return new MetricsLog(
        Files.newBufferedWriter(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND));
  }

  /** A line that a kill cut off counts as later than any step. */
  private static long stepOf(String line) {
    JsonNode node = MetricsFile.parse(line);
    return node == null ? Long.MAX_VALUE : node.path("step").asLong(Long.MAX_VALUE);
  }

  void train(TrainingState state, StepReport report) throws IOException {
    ObjectNode line = line(state, "train", report.loss());
    line.put("learningRate", report.learningRate());
    putFinite(line, "gradientNorm", report.gradientNorm());
    putFinite(line, "trace", report.trace());
    putFinite(line, "metricScale", report.metricScale());
    if (report.skipped()) {
      line.put("skipped", true);
    }
    write(line);
  }

  void validation(TrainingState state) throws IOException {
    write(line(state, "validation", state.validationLoss()));
  }

  private static ObjectNode line(TrainingState state, String split, double loss) {
    ObjectNode line = JSON.createObjectNode();
    line.put("step", state.step());
    line.put("split", split);
    putFinite(line, "loss", loss);
    line.put("tokens", state.tokens());
    line.put("seconds", Math.round(state.seconds() * 1e4) / 1e4);
    return line;
  }

  /** JSON has no NaN; what does not exist is left out. */
  private static void putFinite(ObjectNode line, String name, double value) {
    if (Double.isFinite(value)) {
      line.put(name, value);
    }
  }

  private void write(ObjectNode line) throws IOException {
    writer.write(JSON.writeValueAsString(line));
    writer.write('\n');
    writer.flush();
  }

  @Override
  public void close() throws IOException {
    writer.close();
  }
}
