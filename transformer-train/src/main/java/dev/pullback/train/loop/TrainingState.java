package dev.pullback.train.loop;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pullback.train.InputException;
import dev.pullback.train.store.JsonFile;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/**
 * Where a run stands.
 *
 * @param version of the checkpoint's layout
 * @param step steps taken
 * @param tokens tokens, images or rows trained on
 * @param seconds spent in training steps
 * @param elapsedSeconds spent in all, evaluations and saving included
 * @param evaluatedStep step of the latest evaluation; -1 for none
 * @param loss its mean loss; NaN for none
 * @param full its metric; NaN for none
 * @param bestStep step of the best evaluation; -1 for none
 * @param best what was best there: the loss, or the metric where there is no loss; NaN for none
 * @param dataSha256 fingerprint of the data, so that a run is not continued on others
 */
record TrainingState(
    int version,
    long step,
    long tokens,
    double seconds,
    double elapsedSeconds,
    long evaluatedStep,
    double loss,
    double full,
    long bestStep,
    double best,
    String dataSha256) {

  static final String FILE = "state.json";
  private static final int VERSION = 2;
  private static final int NONE = -1;

  private static final ObjectWriter JSON = new ObjectMapper().writerWithDefaultPrettyPrinter();

  static TrainingState begin(String dataSha256) {
    return new TrainingState(
        VERSION, 0, 0, 0, 0, NONE, Double.NaN, Double.NaN, NONE, Double.NaN, dataSha256);
  }

  TrainingState afterStep(long examples, double stepSeconds) {
    return new TrainingState(
        version,
        step + 1,
        tokens + examples,
        seconds + stepSeconds,
        elapsedSeconds,
        evaluatedStep,
        loss,
        full,
        bestStep,
        best,
        dataSha256);
  }

  TrainingState afterEvaluation(double newLoss, double newFull, boolean isBest) {
    return new TrainingState(
        version,
        step,
        tokens,
        seconds,
        elapsedSeconds,
        step,
        newLoss,
        newFull,
        isBest ? step : bestStep,
        isBest ? primary(newLoss, newFull) : best,
        dataSha256);
  }

  TrainingState at(double newElapsedSeconds) {
    return new TrainingState(
        version,
        step,
        tokens,
        seconds,
        newElapsedSeconds,
        evaluatedStep,
        loss,
        full,
        bestStep,
        best,
        dataSha256);
  }

  /** What evaluations are compared by. */
  static double primary(double loss, double full) {
    return Double.isNaN(loss) ? full : loss;
  }

  void write(OutputStream out) throws IOException {
    String text = JSON.writeValueAsString(this) + "\n";
    out.write(text.getBytes(StandardCharsets.UTF_8));
  }

  /** Reads the state of a checkpoint, that of version 1 too. */
  static TrainingState read(Path file) {
    String kind = "a complete training state";
    ObjectNode tree = JsonFile.object(file, kind);
    JsonNode version = tree.path("version");
    if (!version.isInt() || version.intValue() < 1 || version.intValue() > VERSION) {
      throw new InputException(
          "%s has version %s; this program reads versions 1 and %d"
              .formatted(file, version, VERSION));
    }
    if (version.intValue() == 1) {
      upgrade(tree);
    }
    TrainingState state = JsonFile.complete(tree, TrainingState.class, file, kind);
    if (!state.isPossible()) {
      throw new InputException(
          "%s is not %s: steps, tokens and seconds are at least 0, and no evaluation came later than"
                  .formatted(file, kind)
              + " the last step");
    }
    return state;
  }

  private boolean isPossible() {
    return step >= 0
        && tokens >= 0
        && seconds >= 0
        && elapsedSeconds >= 0
        && Double.isFinite(seconds + elapsedSeconds)
        && evaluatedStep >= NONE
        && evaluatedStep <= step
        && bestStep >= NONE
        && bestStep <= step;
  }

  private static void upgrade(ObjectNode old) {
    boolean evaluated = old.path("evaluatedStep").asLong() > 0;
    double loss = evaluated ? old.path("validationLoss").asDouble() : Double.NaN;
    old.remove("validationLoss");
    old.put("version", VERSION);
    old.put("elapsedSeconds", old.path("seconds").asDouble());
    old.put("evaluatedStep", evaluated ? old.path("evaluatedStep").asLong() : NONE);
    old.put("loss", loss);
    old.put("full", Double.NaN);
    old.put("bestStep", NONE);
    old.put("best", Double.NaN);
  }
}
