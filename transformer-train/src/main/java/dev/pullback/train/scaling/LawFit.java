package dev.pullback.train.scaling;

/**
 * A law fitted to points.
 *
 * @param law the best that was found
 * @param objective the sum over all points of Huber's loss of the log loss
 * @param iterations steps, or evaluations, of the solver from the start that won
 * @param converged whether the solver says that it is at a minimum, and every number of the law is
 *     one; a law that did not converge is not to be used
 */
public record LawFit(ScalingLaw law, double objective, int iterations, boolean converged) {}
