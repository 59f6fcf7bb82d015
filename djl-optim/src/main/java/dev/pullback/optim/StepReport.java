package dev.pullback.optim;

/**
 * What one step did. A value that the rule does not have, or that nobody passed, is NaN.
 *
 * @param step the number of the step, from 1; a skipped step's number is used again
 * @param learningRate η
 * @param loss the training loss that was differentiated, summed over accumulated batches and
 *     multiplied by {@code rescaleGrad}
 * @param gradientNorm the Euclidean norm of the whole model's gradient, after {@code rescaleGrad}
 *     and element-wise clipping, before clipping by global norm
 * @param trace T, the squared length of the gradient under the inverse ambient metric
 * @param metricScale s; the effective learning rate is η·s
 * @param skipped whether the step was left out, or refused, because of a value that was not usable
 */
public record StepReport(
    long step,
    double learningRate,
    double loss,
    double gradientNorm,
    double trace,
    double metricScale,
    boolean skipped) {}
