package dev.pullback.train.task;

import ai.djl.ndarray.types.Shape;
import dev.pullback.train.data.LabelledImages;

/**
 * Images to be classified.
 *
 * @param train those to learn from
 * @param test those to be scored on
 * @param reshuffled whether every epoch has an order of its own, instead of all the same
 * @param pass images of one pass when scoring
 * @param input shape of one input: (1, pixels) takes images as vectors
 */
public record Images(
    LabelledImages train, LabelledImages test, boolean reshuffled, int pass, Shape input) {}
