package dev.pullback.train.task;

import dev.pullback.optim.Kernels;
import dev.pullback.train.config.TrainingEngine;
import dev.pullback.train.model.Precision;

/**
 * On what trials are computed.
 *
 * @param engine the engine, loaded
 * @param kernels native programs or NDArray operations
 * @param precision number formats of the models that have a choice
 */
public record Compute(TrainingEngine engine, Kernels kernels, Precision precision) {}
