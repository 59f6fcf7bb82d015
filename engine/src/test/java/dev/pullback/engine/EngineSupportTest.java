package dev.pullback.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import java.util.Optional;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;

/** What the engines' own forms of an operation must agree on. */
class EngineSupportTest {

  @AutoClose private final NDManager manager = NDManager.newBaseManager();
  private final EngineSupport engine = EngineSupport.of(Engine.getInstance());

  /** A float32 that counts one by one stops at 2^24. */
  @Test
  void sumsOfSquaresOfLargeArraysGoOnGrowing() {
    int size = (1 << 25) + 12_345;
    NDArray large = manager.ones(new Shape(size));
    assertEquals(size, engine.sumOfSquares(new NDList(large)), 1e-6 * size);
  }

  @Test
  void sumsOfSquaresTakeArraysOfEachSizeRankAndType() {
    NDList arrays = new NDList();
    for (Shape shape :
        new Shape[] {
          new Shape(), new Shape(3), new Shape(300, 400), new Shape(2, 0), new Shape(7, 1, 9)
        }) {
      arrays.add(manager.full(shape, 2, DataType.FLOAT32));
    }
    double expected = 4 * (1 + 3 + 120_000 + 63);
    assertEquals(expected, engine.sumOfSquares(arrays), 1e-6 * expected);
    arrays.add(manager.full(new Shape(5, 2), 3, DataType.FLOAT64));
    assertEquals(expected + 90, engine.sumOfSquares(arrays), 1e-6 * expected);
  }

  @Test
  void aWitnessKnowsWhetherAValueWasDifferentiated() {
    NDArray weight = manager.ones(new Shape(3));
    weight.setRequiresGradient(true);
    try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
      assertTrue(engine.isCollectingGradients());
      NDArray value = weight.mul(weight).sum();
      Optional<NDArray> witness = engine.differentiationWitness(value);
      Optional<NDArray> other = engine.differentiationWitness(value);
      NDArray witnessed = witness.map(value::add).orElse(value);
      assertEquals(value.getFloat(), witnessed.getFloat());
      assertEquals(value.getShape(), witnessed.getShape());
      collector.backward(witnessed);
      witness.ifPresent(w -> assertTrue(engine.wasDifferentiated(w)));
      other.ifPresent(w -> assertFalse(engine.wasDifferentiated(w)));
      assertEquals(2, weight.getGradient().getFloat(1));
    }
  }
}
