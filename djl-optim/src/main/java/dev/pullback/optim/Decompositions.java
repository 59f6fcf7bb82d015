package dev.pullback.optim;

import ai.djl.TrainingDivergedException;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.pullback.engine.EngineSupport;
import dev.pullback.engine.HostValues;
import dev.pullback.engine.Program;
import java.util.Map;

/** Decompositions of symmetric matrices by the engine's programs. */
final class Decompositions {

  private static final long FLOAT32 = 6;
  private static final long FLOAT64 = 7;

  /** Shifts of the diagonal to try, in units of its mean; the first one changes nothing. */
  private static final double[] SHIFTS = {0, 1e-12, 1e-8, 1e-4};

  private Decompositions() {}

  /**
   * Eigenvalues and eigenvectors of a symmetric matrix.
   *
   * @param values (n), ascending
   * @param vectors (n, n), in columns
   */
  record Eigen(NDArray values, NDArray vectors) {}

  /**
   * A basis after a step of orthogonal iteration.
   *
   * @param basis (n, n), orthogonal
   * @param square what was permuted with the basis
   */
  record Basis(NDArray basis, NDArray square) {}

  /**
   * Decomposes a symmetric matrix: in its own type, then in double precision, then with a growing
   * shift of its diagonal, which the eigenvalues do not contain.
   *
   * @param matrix (n, n), of which the lower triangle is read
   * @param what the matrix, for the message
   * @return its eigenvalues and eigenvectors
   * @throws TrainingDivergedException if all of that fails
   * @throws IllegalStateException if the engine has no decompositions
   */
  static Eigen eigen(NDArray matrix, String what) {
    Program program = program(matrix);
    NDManager manager = matrix.getManager();
    long n = matrix.getShape().get(0);
    Eigen result =
        new Eigen(
            manager.zeros(new Shape(n), matrix.getDataType()),
            manager.zeros(matrix.getShape(), matrix.getDataType()));
    NDList arrays = new NDList(matrix, result.values(), result.vectors());
    boolean single = matrix.getDataType() == DataType.FLOAT32;
    if (single && succeeds(program, arrays, FLOAT32, 0)) {
      return result;
    }
    double mean =
        HostValues.read(
                matrix
                    .mul(manager.eye((int) n).toType(matrix.getDataType(), false))
                    .sum()
                    .toType(DataType.FLOAT64, false),
                NDArray::getDouble)
            / n;
    for (double shift : SHIFTS) {
      if (succeeds(program, arrays, FLOAT64, shift * mean)) {
        return result;
      }
    }
    throw new TrainingDivergedException(
        "%s has no eigendecomposition, in double precision and with up to %s of its mean added to its"
                .formatted(what, SHIFTS[SHIFTS.length - 1])
            + " diagonal either; lower the learning rate, or clip the gradients");
  }

  private static boolean succeeds(Program program, NDList arrays, long type, double shift) {
    try {
      return program.run("eigen", Map.of("arrays", arrays, "dtype", type, "shift", shift))[0] == 1;
    } catch (EngineException e) { // it did not converge
      return false;
    }
  }

  /**
   * Takes a step of orthogonal iteration.
   *
   * @param factor F, symmetric
   * @param basis Q, whose columns are taken by falling diagonal of QᵀFQ
   * @param square permuted with the columns
   * @param axis of the square
   * @param what the matrix, for the message
   * @return Q of the decomposition QR of F Q, and the permuted square
   */
  static Basis iterate(NDArray factor, NDArray basis, NDArray square, int axis, String what) {
    Basis next = new Basis(basis.zerosLike(), square.zerosLike());
    NDList arrays = new NDList(factor, basis, next.basis(), square, next.square());
    double[] finite = program(factor).run("iterate", Map.of("arrays", arrays, "axis", (long) axis));
    if (finite[0] != 1) {
      throw new TrainingDivergedException(
          what + " has no finite basis; lower the learning rate, or clip the gradients");
    }
    return next;
  }

  private static Program program(NDArray array) {
    return EngineSupport.of(array)
        .program(Decompositions.class, "decompositions")
        .orElseThrow(
            () ->
                new IllegalStateException(
                    ("Shampoo and SOAP need decompositions of matrices, which DJL's %s engine does not"
                            + " have; use PyTorch")
                        .formatted(array.getManager().getEngine().getEngineName())));
  }
}
