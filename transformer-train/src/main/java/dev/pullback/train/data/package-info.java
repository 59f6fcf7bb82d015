/**
 * Data sets: the texts to train on, the folder that data sets live in, and the checked download of
 * their files.
 *
 * <p>What lives here ends at plain Java values (a text, the path of a file that is known to be
 * complete). Tokens, batches and tensors belong to other packages, and nothing here knows a model,
 * an engine or the command line beyond the names of the options that its messages recommend.
 */
package dev.pullback.train.data;
