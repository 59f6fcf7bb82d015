package dev.pullback.train.loop;

import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.pullback.engine.EngineSupport;
import dev.pullback.engine.Program;
import dev.pullback.train.config.Backend;
import dev.pullback.train.model.Precision;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Whether bfloat16 is worth using on this machine. On x86 processors without AVX-512, libtorch
 * computes bfloat16 matrix products many times more slowly than float32.
 */
public final class Bfloat16Speed {

  private static final int SIZE = 512;
  private static final int TRIES = 15;
  private static final double WORTH_SAYING = 1.5;

  /** The numbers of libtorch's formats. */
  static final int FLOAT32 = 6;

  static final int BFLOAT16 = 15;

  private Bfloat16Speed() {}

  /**
   * Says so if mixed precision will be slower than float32.
   *
   * @param backend what to measure
   * @param precision what is about to be used; nothing is measured for float32
   * @param terminal where to say it
   */
  public static void warn(Backend backend, Precision precision, PrintWriter terminal) {
    if (precision == Precision.MIXED) {
      warning(slowdown(backend)).ifPresent(terminal::println);
      terminal.flush();
    }
  }

  public static Optional<String> warning(double slowdown) {
    return slowdown < WORTH_SAYING
        ? Optional.empty()
        : Optional.of(
            String.format(
                Locale.ROOT,
                "A bfloat16 matrix product takes %.1f times as long as a float32 one on this"
                    + " machine: --precision float32 is faster.",
                slowdown));
  }

  /** Returns the time of a matrix product in bfloat16 over that in float32. */
  public static double slowdown(Backend backend) {
    try (NDManager manager = backend.newManager()) {
      NDList matrix = new NDList(manager.ones(new Shape(SIZE, SIZE)));
      Program program =
          EngineSupport.of(matrix.head()).program(Bfloat16Speed.class, "product").orElseThrow();
      double bfloat16 = Double.POSITIVE_INFINITY;
      double float32 = Double.POSITIVE_INFINITY;
      // In turn, so that other work on the machine meets both; the least of each is without it.
      for (int i = 0; i < TRIES; i++) {
        bfloat16 = Math.min(bfloat16, nanoseconds(program, matrix, BFLOAT16));
        float32 = Math.min(float32, nanoseconds(program, matrix, FLOAT32));
      }
      return bfloat16 / float32;
    }
  }

  private static double nanoseconds(Program program, NDList matrix, int format) {
    long start = System.nanoTime();
    program.run("square", Map.of("matrices", matrix, "dtype", (long) format));
    return System.nanoTime() - start;
  }
}
