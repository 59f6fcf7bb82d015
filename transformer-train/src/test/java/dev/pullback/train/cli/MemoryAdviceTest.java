package dev.pullback.train.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class MemoryAdviceTest {

  /** What libtorch itself says when it is asked for more than there is. */
  @Test
  void knowsTheEnginesWords() {
    try (NDManager manager = NDManager.newBaseManager()) {
      EngineException e =
          assertThrows(
              EngineException.class,
              () -> manager.zeros(new Shape(1L << 30, 1L << 20), DataType.FLOAT32));
      String advice = MemoryAdvice.of(new IllegalStateException("in a step", e)).orElseThrow();
      assertTrue(advice.startsWith("not enough memory: "), advice);
      assertTrue(advice.endsWith("; lower --batch, --context or the model"), advice);
      assertFalse(advice.contains("\n"), advice);
    }
  }

  @Test
  void knowsJavasOwnWherever() {
    Throwable e = new IllegalStateException(new OutOfMemoryError("Java heap space"));
    assertTrue(MemoryAdvice.of(e).orElseThrow().contains("(Java heap space)"));
    assertEquals(Optional.empty(), MemoryAdvice.of(new IllegalStateException("other")));
    assertEquals(Optional.empty(), MemoryAdvice.of(new NullPointerException()));
  }
}
