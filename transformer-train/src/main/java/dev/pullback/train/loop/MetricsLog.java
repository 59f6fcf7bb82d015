package dev.pullback.train.loop;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pullback.optim.StepReport;
import dev.pullback.train.store.JsonLines;
import dev.pullback.train.task.Score;
import java.io.IOException;
import java.util.Optional;

/** {@code metrics.jsonl}: one JSON object for a step or an evaluation, written as the run goes. */
final class MetricsLog {

  static final String FILE = "metrics.jsonl";

  private final JsonLines lines;
  private final int stepsPerEpoch;

  MetricsLog(JsonLines lines, int stepsPerEpoch) {
    this.lines = lines;
    this.stepsPerEpoch = stepsPerEpoch;
  }

  void train(TrainingState state, StepReport report, Optional<RankLink.Seconds> ranks)
      throws IOException {
    ObjectNode line = line(state, "train");
    JsonLines.putFinite(line, "loss", report.loss());
    line.put("learningRate", report.learningRate());
    JsonLines.putMechanism(line, report);
    if (report.skipped()) {
      line.put("skipped", true);
    }
    ranks.ifPresent(
        seconds -> {
          line.put("stepSeconds", rounded(seconds.step()));
          line.put("waitSeconds", rounded(seconds.waiting()));
          line.put("sumSeconds", rounded(seconds.summing()));
        });
    end(line, state);
  }

  void validation(TrainingState state, Score score) throws IOException {
    ObjectNode line = line(state, "validation");
    if (stepsPerEpoch > 0 && state.step() % stepsPerEpoch == 0) {
      line.put("epoch", state.step() / stepsPerEpoch);
    }
    JsonLines.putFinite(line, "loss", score.loss());
    JsonLines.putFinite(line, "paper", score.paper());
    JsonLines.putFinite(line, "full", score.full());
    score.more().forEach((name, value) -> JsonLines.putFinite(line, name, value));
    end(line, state);
  }

  private static ObjectNode line(TrainingState state, String split) {
    ObjectNode line = JsonNodeFactory.instance.objectNode();
    line.put("step", state.step());
    line.put("split", split);
    return line;
  }

  private void end(ObjectNode line, TrainingState state) throws IOException {
    line.put("tokens", state.tokens());
    line.put("seconds", rounded(state.seconds()));
    lines.write(line);
  }

  private static double rounded(double seconds) {
    return Math.round(seconds * 1e4) / 1e4;
  }

  /** Makes what was written last, power loss included. */
  void sync() throws IOException {
    lines.sync();
  }
}
