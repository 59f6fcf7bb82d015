package dev.pullback.train.loop;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pullback.optim.StepReport;
import dev.pullback.train.store.JsonLines;

/** A line of {@code steps.jsonl}: what the optimiser did in a step. */
public final class StepLine {

  private static final ObjectMapper JSON = new ObjectMapper();

  private StepLine() {}

  public static ObjectNode of(long step, StepReport report) {
    ObjectNode line = JSON.createObjectNode();
    line.put("step", step);
    JsonLines.putFinite(line, "loss", report.loss());
    line.put("learningRate", report.learningRate());
    JsonLines.putMechanism(line, report);
    return line;
  }
}
