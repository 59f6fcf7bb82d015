/**
 * Data sets: texts and images to train on, the folder that data sets live in, the checked download
 * of their files, and the batches that are gathered from them.
 *
 * <p>Data sets end at plain Java values (a text, bytes of images, the path of a file that is known
 * to be complete), and only batches are arrays. Nothing here knows a model, an engine or the
 * command line beyond the names of the options that its messages recommend.
 */
package dev.pullback.train.data;
