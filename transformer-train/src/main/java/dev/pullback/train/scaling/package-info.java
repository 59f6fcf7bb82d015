/**
 * The statistics of scaling studies: laws of the loss in model size and tokens, their fits,
 * intervals and predictions, speed-ups and paired differences, laws of tuned hyperparameters.
 * Numbers in, numbers out: no files, no pictures, no training.
 */
package dev.pullback.train.scaling;
