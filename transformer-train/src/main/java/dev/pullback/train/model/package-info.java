/**
 * Models built from NDArray operations, with their initial weights. No data, training or engine
 * code.
 */
package dev.pullback.train.model;
