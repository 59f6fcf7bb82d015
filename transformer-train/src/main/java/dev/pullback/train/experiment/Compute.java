package dev.pullback.train.experiment;

import dev.pullback.optim.Kernels;
import dev.pullback.train.model.Precision;
import dev.pullback.train.run.TrainingEngine;

/**
 * On what trials are computed.
 *
 * @param engine the engine, loaded
 * @param kernels native programs or NDArray operations
 * @param precision number formats of the models that have a choice
 */
public record Compute(TrainingEngine engine, Kernels kernels, Precision precision) {}
