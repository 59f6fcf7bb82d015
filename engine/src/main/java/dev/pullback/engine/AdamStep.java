package dev.pullback.engine;

import ai.djl.ndarray.NDArray;

/**
 * The arrays and numbers of {@link EngineSupport#fusedAdam}. All arrays have the shape and type of
 * the weight.
 *
 * @param weight θ, changed in place
 * @param gradient g
 * @param mean m, changed in place
 * @param square v, changed in place
 * @param beta1 β1 in [0, 1)
 * @param beta2 β2 in [0, 1)
 * @param rate the learning rate over the bias correction of m
 * @param correction the bias correction of v, above 0
 * @param epsilon ε, above 0
 */
public record AdamStep(
    NDArray weight,
    NDArray gradient,
    NDArray mean,
    NDArray square,
    double beta1,
    double beta2,
    double rate,
    double correction,
    double epsilon) {}
