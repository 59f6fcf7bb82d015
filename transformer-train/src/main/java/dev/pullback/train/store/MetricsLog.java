package dev.pullback.train.store;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pullback.optim.StepReport;
import java.io.IOException;
import java.nio.file.Path;

/** {@code metrics.jsonl}: one JSON object a line, written as the run goes. */
public final class MetricsLog implements AutoCloseable {

  private static final ObjectMapper JSON = new ObjectMapper();

  private final JsonLines lines;

  private MetricsLog(JsonLines lines) {
    this.lines = lines;
  }

  /** Opens the log to append to; lines after {@code lastStep}, which will be written again, go. */
  public static MetricsLog open(Path file, long lastStep) throws IOException {
    return new MetricsLog(JsonLines.open(file, lastStep));
  }

  public void train(TrainingState state, StepReport report) throws IOException {
    ObjectNode line = line(state, "train", report.loss());
    line.put("learningRate", report.learningRate());
    JsonLines.putMechanism(line, report);
    if (report.skipped()) {
      line.put("skipped", true);
    }
    lines.write(line);
  }

  public void validation(TrainingState state) throws IOException {
    lines.write(line(state, "validation", state.validationLoss()));
  }

  private static ObjectNode line(TrainingState state, String split, double loss) {
    ObjectNode line = JSON.createObjectNode();
    line.put("step", state.step());
    line.put("split", split);
    JsonLines.putFinite(line, "loss", loss);
    line.put("tokens", state.tokens());
    line.put("seconds", Math.round(state.seconds() * 1e4) / 1e4);
    return line;
  }

  @Override
  public void close() throws IOException {
    lines.close();
  }
}
