package dev.pullback.optim;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.loss.L2Loss;
import ai.djl.training.loss.Loss;
import ai.djl.training.loss.QuantileL1Loss;
import ai.djl.training.loss.SimpleCompositeLoss;
import dev.pullback.engine.EngineSupport;
import dev.pullback.engine.HostValues;
import java.util.IdentityHashMap;
import java.util.List;

/**
 * Values of a loss whose backward pass is whole on every engine. DJL multiplies by a number in Java
 * memory that it has let go of when PyTorch reads it in the backward pass (docs/djl-memory.md).
 * Those of DJL's losses that always do so are computed here, with a number of the engine's own; all
 * other losses are evaluated as they are.
 */
@FunctionalInterface
interface LastingLoss {

  /**
   * Computes the loss.
   *
   * @param labels as for DJL's loss
   * @param predictions likewise
   * @return the same value
   */
  NDArray evaluate(NDList labels, NDList predictions);

  /** Returns the same loss. Subclasses may compute anything, so that only DJL's own are known. */
  static LastingLoss of(Loss loss) {
    if (loss.getClass() == L2Loss.class) {
      Probe weight = new Probe(loss, 0, 1);
      return (labels, predictions) -> {
        NDArray y = predictions.singletonOrThrow();
        NDArray squares = labels.singletonOrThrow().reshape(y.getShape()).sub(y).square();
        return multiply(squares, weight.value(y)).mean();
      };
    }
    if (loss.getClass() == QuantileL1Loss.class) {
      Probe twiceQuantile = new Probe(loss, 1, 0);
      return (labels, predictions) -> {
        NDArray y = predictions.singletonOrThrow();
        NDArray label = labels.singletonOrThrow().reshape(y.getShape());
        NDArray above = label.lte(y).toType(DataType.FLOAT32, false);
        NDArray slope = above.sub(twiceQuantile.value(y) / 2); // needs no gradient
        return multiply(y.sub(label).mul(slope).abs(), 2).mean();
      };
    }
    if (loss.getClass() == SimpleCompositeLoss.class) {
      List<Loss> components = ((SimpleCompositeLoss) loss).getComponents(); // may grow
      IdentityHashMap<Loss, LastingLoss> known = new IdentityHashMap<>();
      return (labels, predictions) ->
          NDArrays.add(
              components.stream()
                  .map(component -> known.computeIfAbsent(component, LastingLoss::of))
                  .map(component -> component.evaluate(labels, predictions))
                  .toArray(NDArray[]::new));
    }
    return loss::evaluate;
  }

  private static NDArray multiply(NDArray x, float factor) {
    return EngineSupport.of(x).multiply(x, factor);
  }

  /** A loss's own number, which DJL hides, from its value at a label and a prediction. */
  final class Probe {

    private final Loss loss;
    private final float label;
    private final float prediction;
    private float value = Float.NaN;

    Probe(Loss loss, float label, float prediction) {
      this.loss = loss;
      this.label = label;
      this.prediction = prediction;
    }

    private float value(NDArray like) {
      if (Float.isNaN(value)) {
        NDArray y = like.getManager().full(new Shape(1), prediction);
        NDArray t = like.getManager().full(new Shape(1), label);
        try (y;
            t;
            NDArray result = loss.evaluate(new NDList(t), new NDList(y))) {
          value = HostValues.read(result, NDArray::getFloat);
        }
      }
      return value;
    }
  }
}
