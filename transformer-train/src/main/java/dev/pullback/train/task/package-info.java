/**
 * What can be trained: a model with its data, its loss and its scores. One class a task; no loop,
 * no files of runs.
 */
package dev.pullback.train.task;
