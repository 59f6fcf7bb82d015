package dev.pullback.train.report;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.Map;

/**
 * One trial of an experiment, as {@code results.json} holds it. What a trial does not have is null,
 * and left out of the file; but for {@code steps}, which is always there.
 *
 * @param task such as {@code mnist} or {@code ablate-xi}
 * @param function the function of a {@code lowdim} trial
 * @param subject what an ablation ran on, such as {@code mnist}
 * @param variant what an ablation changed, such as {@code xi=0.001}, or {@code base}
 * @param optimizer the optimiser
 * @param seed the seed
 * @param hyperparameters numbers by name
 * @param steps steps to convergence for {@code lowdim}, else steps taken
 * @param epochs epochs trained
 * @param metric such as {@code test accuracy}
 * @param better {@code higher} or {@code lower}
 * @param last the metric at the end, on whole batches
 * @param best the best metric of any epoch, on whole batches
 * @param finalFull the metric at the end, on the whole split
 * @param bestFull the best metric of any epoch, on the whole split
 * @param failed whether the trial came to no result
 * @param failure why
 * @param seconds of training
 * @param trial folder of its measurements, relative to the experiment's
 */
@JsonIgnoreProperties(ignoreUnknown = true)
@JsonInclude(JsonInclude.Include.NON_NULL)
public record ResultRow(
    String task,
    String function,
    String subject,
    String variant,
    String optimizer,
    Long seed,
    Map<String, Double> hyperparameters,
    @JsonInclude(JsonInclude.Include.ALWAYS) Long steps,
    Long epochs,
    String metric,
    String better,
    @JsonProperty("final") Double last,
    Double best,
    Double finalFull,
    Double bestFull,
    boolean failed,
    String failure,
    Double seconds,
    String trial) {

  static final String LOW_DIMENSIONAL = "lowdim";

  /** Fills in what everything else relies on. */
  public ResultRow {
    task = task == null ? "unnamed task" : task;
    optimizer = optimizer == null ? "unnamed optimiser" : optimizer;
    hyperparameters = hyperparameters == null ? Map.of() : hyperparameters;
  }

  /** Returns what the trial is compared within: a task, a function, or an ablation's data set. */
  String group() {
    return task
        + (function == null ? "" : " " + function)
        + (subject == null ? "" : " on " + subject);
  }

  /** Returns the name that trials differing in their seed only share. */
  String curve() {
    return isAblation() ? optimizer + ", " + variant : optimizer;
  }

  boolean isLowDimensional() {
    return task.equals(LOW_DIMENSIONAL);
  }

  boolean isAblation() {
    return variant != null;
  }

  /** Returns whether a smaller metric is a better one, as it is for losses and function values. */
  boolean lowerIsBetter() {
    return !"higher".equals(better);
  }
}
