package dev.pullback.bench;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import ai.djl.util.PairList;
import java.util.List;

/** Weights without a model around them. */
final class ParameterBlock extends AbstractBlock {

  ParameterBlock(List<Shape> shapes) {
    for (Shape shape : shapes) {
      addParameter(
          Parameter.builder()
              .setName("p" + parameters.size())
              .setType(Parameter.Type.BIAS) // starts at zero
              .optShape(shape)
              .build());
    }
  }

  @Override
  protected NDList forwardInternal(
      ParameterStore store, NDList inputs, boolean training, PairList<String, Object> params) {
    throw new UnsupportedOperationException("These weights belong to no model");
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputShapes) {
    return inputShapes;
  }
}
