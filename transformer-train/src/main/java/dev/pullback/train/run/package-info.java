/**
 * A training run from configuration to checkpoint: options and presets, the loop, evaluation, the
 * run directory. Printing and argument parsing belong to {@code cli}, models to {@code model}.
 */
package dev.pullback.train.run;
