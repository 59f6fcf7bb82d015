package dev.pullback.train.data;

import ai.djl.ndarray.NDArray;

/**
 * Images and what they show.
 *
 * @param images (batch, channels, height, width), float32 in [0, 1]
 * @param labels (batch), int64
 */
public record ImageBatch(NDArray images, NDArray labels) {}
