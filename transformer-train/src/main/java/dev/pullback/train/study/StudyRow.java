package dev.pullback.train.study;

import com.fasterxml.jackson.annotation.JsonAutoDetect;
import com.fasterxml.jackson.annotation.JsonAutoDetect.Visibility;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Locale;
import java.util.Map;

/**
 * A trial of a study that was begun, as a line of {@code rows.jsonl} has it. What a trial does not
 * have is left out.
 *
 * @param trial its folder, relative to the study's
 * @param size its size in the plan
 * @param optimizer its name in the plan
 * @param rule the optimiser of that name
 * @param phase {@code tuning} or {@code evaluation}
 * @param seed its seed
 * @param status how it stands
 * @param loss the held-out loss at the end, in nats per token of a text; the last one where pruned
 * @param tokens tokens or rows trained on
 * @param steps steps taken
 * @param seconds seconds of training steps
 * @param hyperparameters numbers by name
 * @param trace mean of the trace T that was logged
 * @param metricScale mean of the metric's scale s that was logged
 * @param firstLoss the first training loss that was logged
 * @param failure why it failed
 */
@JsonAutoDetect(isGetterVisibility = Visibility.NONE)
@JsonInclude(JsonInclude.Include.NON_NULL)
public record StudyRow(
    String trial,
    String size,
    String optimizer,
    String rule,
    String phase,
    Long seed,
    Status status,
    Double loss,
    Long tokens,
    Long steps,
    Double seconds,
    Map<String, Double> hyperparameters,
    Double trace,
    Double metricScale,
    Double firstLoss,
    String failure) {

  /** How a trial stands. */
  public enum Status {
    /** At its end, with a loss. */
    COMPLETE,
    /** At its end without a loss: it was not finite, or its process crashed. */
    FAILED,
    /** Left behind by better ones; its loss is the last one measured. */
    PRUNED,
    /** A process is at it. */
    RUNNING,
    /** No process is at it; it goes on from its checkpoint. */
    STOPPED,
    /** Not begun; not among the lines of the file. */
    LEFT;

    @Override
    @JsonValue
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  /**
   * Tells whether the trial is one of an entry at a size.
   *
   * @param ofSize a name in the plan
   * @param entry the entry's name in the plan
   * @return whether it is
   */
  public boolean isOf(String ofSize, String entry) {
    return size.equals(ofSize) && optimizer.equals(entry);
  }

  /** Tells whether the trial has a loss. */
  public boolean isComplete() {
    return status == Status.COMPLETE;
  }

  /** Tells whether the trial belongs to the evaluation. */
  public boolean isEvaluation() {
    return phase.equals(StudyPlan.EVALUATION);
  }
}
