/**
 * Optimisers for Deep Java Library that update the whole model in one step.
 *
 * <p>{@link dev.pullback.optim.InducedMetric} configures the rules of the induced metric, {@link
 * dev.pullback.optim.Optimizers} builds every optimiser by name. {@link
 * dev.pullback.optim.StepOptimizer} fulfils DJL's contract, an {@link
 * dev.pullback.optim.UpdateRule} is one algorithm. What an engine does differently stays behind
 * {@code EngineSupport}; models, data and training loops do not belong here.
 *
 * @see <a href="https://arxiv.org/abs/2509.03594">T. R. Harvey, The Optimiser Hidden in Plain
 *     Sight: Training with the Loss Landscape's Induced Metric (2025)</a>
 */
package dev.pullback.optim;
