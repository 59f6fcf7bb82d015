/**
 * The run folder: durable files, checkpoints, metrics, locks. The only package that renames or
 * deletes. What a file says belongs to those who write it.
 */
package dev.pullback.train.store;
