package dev.pullback.train.experiment;

import java.util.function.LongFunction;

/**
 * A data set with its model.
 *
 * @param metric what {@link Workload#score} measures
 * @param goal which values of the metric are good
 * @param epochs the paper's number of epochs
 * @param workload creates a model and its batches, to be closed, from a seed of initial weights and
 *     order
 */
record Subject(String metric, Goal goal, int epochs, LongFunction<Workload> workload) {}
