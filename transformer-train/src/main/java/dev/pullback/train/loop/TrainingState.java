package dev.pullback.train.loop;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pullback.train.FailureReason;
import dev.pullback.train.InputException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
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

  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .enable(DeserializationFeature.FAIL_ON_NULL_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

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
    String text = JSON.writerWithDefaultPrettyPrinter().writeValueAsString(this) + "\n";
    out.write(text.getBytes(StandardCharsets.UTF_8));
  }

  /** Reads the state of a checkpoint, that of version 1 too. */
  static TrainingState read(Path file) {
    try {
      JsonNode tree = JSON.readTree(Files.readString(file));
      int version = tree.path("version").asInt(0);
      if (version < 1 || version > VERSION) {
        throw new InputException(
            "%s has version %s; this program reads versions 1 and %d"
                .formatted(file, tree.path("version"), VERSION));
      }
      TrainingState state =
          JSON.treeToValue(version == 1 ? upgraded((ObjectNode) tree) : tree, TrainingState.class);
      if (state.step() < 0 || state.tokens() < 0) {
        throw new InputException(file + " counts fewer than 0 steps or tokens");
      }
      return state;
    } catch (JsonProcessingException e) {
      throw new InputException(file + " is not a complete training state", e);
    } catch (IOException e) {
      throw new InputException(
          "cannot read the training state %s: %s".formatted(file, FailureReason.of(e)), e);
    }
  }

  private static ObjectNode upgraded(ObjectNode old) {
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
    return old;
  }
}
