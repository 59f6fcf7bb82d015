package dev.pullback.optim;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How the loss takes part in the metric.
 *
 * @param form which inverse is applied to what
 * @param embedding f
 * @param xi ξ ≥ 0, or κ ≥ 0 of the relative form
 * @param beta β in [0, 1), the decay rate of the average of ξT
 * @param traceAverage ρ in [0, 1), the decay rate of the average of T that the relative form
 *     compares with
 * @param coupling c in (-1, 1) of the cross term
 * @param components k ≥ 1 components of the loss
 */
record InducedForm(
    Form form,
    LossEmbedding embedding,
    double xi,
    double beta,
    double traceAverage,
    double coupling,
    int components) {

  /** The forms. */
  enum Form {
    /** One scale, as if the momentum were parallel to the gradient. */
    SCALE,
    /** One scale, of which ξ is relative to the usual trace. */
    RELATIVE,
    /** The inverse of the metric applied to the momentum. */
    EXACT
  }

  /** Checks the ranges and what goes together. */
  InducedForm {
    Checks.nonNegative("xi", xi);
    Checks.decayRate("beta", beta);
    Checks.decayRate("trace_average", traceAverage);
    if (!(Math.abs(coupling) < 1)) {
      throw new IllegalArgumentException(
          "coupling must be above -1 and below 1, or the metric is not positive definite, but is "
              + coupling);
    }
    Checks.positive("components", components);
    if (form == Form.EXACT && beta != 0) {
      throw new IllegalArgumentException(
          "beta must be 0 for the exact form, a cross term or components, which take no smoothing,"
              + " but is "
              + beta);
    }
    if (form != Form.EXACT && (coupling != 0 || components > 1)) {
      throw new IllegalArgumentException(
          "A cross term and components go with the exact form only, not with a relative xi");
    }
    if (coupling != 0 && components > 1) {
      throw new IllegalArgumentException("A cross term and components exclude each other");
    }
  }

  /** Returns the hyperparameters for the file of the state. */
  Map<String, Object> hyperparameters() {
    Map<String, Object> all = new LinkedHashMap<>();
    all.put("embedding", embedding.getClass().getSimpleName());
    all.put(form == Form.RELATIVE ? "kappa" : "xi", xi);
    all.put("beta", beta);
    if (form == Form.RELATIVE) {
      all.put("trace_average", traceAverage);
    }
    if (form == Form.EXACT) {
      all.put("form", "exact");
      all.put("coupling", coupling);
      all.put("components", components);
    }
    return all;
  }
}
