package dev.pullback.train.loop;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.pullback.engine.EngineSupport;
import dev.pullback.engine.Program;
import dev.pullback.train.config.Backend;
import dev.pullback.train.model.Precision;
import java.util.Map;
import java.util.Optional;

/**
 * How fast a device multiplies matrices: what the speed of a model is measured against. In
 * nanoGPT's terms the quotient is the model FLOPs utilisation (MFU).
 */
public final class MachineSpeed {

  private static final int SIZE = 1024;
  private static final int TRIES = 8;
  private static final double OPERATIONS = 2.0 * SIZE * SIZE * SIZE;

  private MachineSpeed() {}

  /**
   * Measures, for some tenths of a second.
   *
   * @param backend what to measure
   * @param precision the format of most of the work
   * @return floating-point operations a second in the fastest of a few products of two matrices of
   *     1,024 by 1,024
   */
  public static double flopsPerSecond(Backend backend, Precision precision) {
    try (NDManager manager = backend.newManager()) {
      NDArray matrix = manager.ones(new Shape(SIZE, SIZE));
      Optional<Program> program = EngineSupport.of(matrix).program(MachineSpeed.class, "product");
      int format = precision == Precision.MIXED ? Bfloat16Speed.BFLOAT16 : Bfloat16Speed.FLOAT32;
      double best = Double.POSITIVE_INFINITY;
      for (int i = 0; i < TRIES; i++) {
        long start = System.nanoTime();
        if (program.isPresent()) {
          program
              .get()
              .run("square", Map.of("matrices", new NDList(matrix), "dtype", (long) format));
        } else {
          matrix.matMul(matrix).sum().getFloat();
        }
        best = Math.min(best, (System.nanoTime() - start) * 1e-9);
      }
      return OPERATIONS / best;
    }
  }
}
