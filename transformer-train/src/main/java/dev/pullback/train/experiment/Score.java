package dev.pullback.train.experiment;

/**
 * How good a model is on the held-out data.
 *
 * @param paper over whole batches only, as the paper measured
 * @param full over everything
 */
record Score(double paper, double full) {}
