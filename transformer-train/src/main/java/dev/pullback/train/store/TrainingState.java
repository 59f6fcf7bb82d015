package dev.pullback.train.store;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.pullback.train.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Where a run stands.
 *
 * @param version of the checkpoint's layout
 * @param step steps taken
 * @param tokens tokens trained on
 * @param seconds spent in training steps
 * @param evaluatedStep step of the latest evaluation, 0 for none
 * @param validationLoss its mean cross entropy in nats per token
 * @param dataSha256 fingerprint of the text, so that a run is not continued on another
 */
public record TrainingState(
    int version,
    long step,
    long tokens,
    double seconds,
    long evaluatedStep,
    double validationLoss,
    String dataSha256) {

  public static final int VERSION = 1;

  private static final JsonMapper JSON =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .build();

  public static TrainingState begin(String dataSha256) {
    return new TrainingState(VERSION, 0, 0, 0, 0, 0, dataSha256);
  }

  public TrainingState afterStep(long stepTokens, double stepSeconds) {
    return new TrainingState(
        version,
        step + 1,
        tokens + stepTokens,
        seconds + stepSeconds,
        evaluatedStep,
        validationLoss,
        dataSha256);
  }

  public TrainingState afterEvaluation(double loss) {
    return new TrainingState(version, step, tokens, seconds, step, loss, dataSha256);
  }

  public void write(Path file) throws IOException {
    Files.writeString(file, JSON.writerWithDefaultPrettyPrinter().writeValueAsString(this) + "\n");
  }

  public static TrainingState read(Path file) {
    try {
      TrainingState state = JSON.readValue(Files.readAllBytes(file), TrainingState.class);
      if (state.version() != VERSION) {
        throw new InputException(
            "%s has version %d; this program reads version %d"
                .formatted(file, state.version(), VERSION));
      }
      return state;
    } catch (JsonProcessingException e) {
      throw new InputException(file + " is not a complete training state", e);
    } catch (IOException e) {
      throw new InputException("cannot read the training state " + file, e);
    }
  }
}
