package dev.pullback.train.task;

/**
 * How good a model is on the held-out data.
 *
 * @param paper over whole batches only, as the paper measured
 * @param full over everything
 */
public record Score(double paper, double full) {}
