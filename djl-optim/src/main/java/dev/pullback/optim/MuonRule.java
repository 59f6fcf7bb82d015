package dev.pullback.optim;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.util.Map;

/**
 * Muon's update of matrices: the direction is the Nesterov estimate of the momentum, orthogonalised
 * by five Newton–Schulz iterations and scaled by sqrt(max(1, outputs / inputs)).
 *
 * @param momentum μ in [0, 1)
 * @param epsilon ε ≥ 0, added to the Frobenius norm
 * @param rowsAreInputs whether a matrix has a row for each input, as a table of vectors is stored,
 *     and not for each output, as DJL's linear layers store their weights
 * @see <a href="https://kellerjordan.github.io/posts/muon/">Jordan et al., Muon (2024)</a>
 */
record MuonRule(double momentum, double epsilon, boolean rowsAreInputs) implements UpdateRule {

  static final String MOMENTUM = "momentum";
  private static final int ITERATIONS = 5;
  private static final double A = 3.4445;
  private static final double B = -4.7750;
  private static final double C = 2.0315;

  /** Checks the ranges. */
  MuonRule {
    Checks.decayRate("momentum", momentum);
    Checks.nonNegative("eps", epsilon);
  }

  @Override
  public String name() {
    return "muon";
  }

  @Override
  public Map<String, Object> hyperparameters() {
    return Map.of("momentum", momentum, "eps", epsilon, "rows_are_inputs", rowsAreInputs);
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalStateException if the parameter is no matrix
   */
  @Override
  public Map<String, Shape> stateShapes(ParameterInfo parameter) {
    if (!parameter.isMatrix()) {
      throw new IllegalStateException(
          "Muon orthogonalises matrices only, but %s is %s; give the others a group of their own"
              .formatted(parameter.path(), parameter.shape()));
    }
    return Map.of(MOMENTUM, parameter.shape());
  }

  @Override
  public Direction direction(ParameterStep p) {
    return new Direction() {
      @Override
      public NDArray value() {
        NDArray mean = NesterovAdamRule.nesterov(p, MOMENTUM, momentum);
        return orthogonalise(mean).mul(scale(p.info().shape()));
      }

      @Override
      public void commit() {
        p.state(MOMENTUM).muli(momentum).addi(p.gradient().mul(1 - momentum));
      }
    };
  }

  /** By what an orthogonalised matrix is multiplied. */
  private double scale(Shape shape) {
    double aspect = (double) shape.get(0) / shape.get(1);
    return Math.sqrt(Math.max(1, rowsAreInputs ? 1 / aspect : aspect));
  }

  /** Five quintic Newton–Schulz iterations, which push all singular values towards 1. */
  private NDArray orthogonalise(NDArray matrix) {
    boolean tall = matrix.getShape().get(0) > matrix.getShape().get(1);
    NDArray x = tall ? matrix.transpose() : matrix;
    x = x.div(matrix.mul(matrix).sum().sqrt().add(Scalars.epsilon(epsilon)));
    for (int i = 0; i < ITERATIONS; i++) {
      NDArray a = x.matMul(x.transpose());
      NDArray polynomial = a.mul(B).addi(a.matMul(a).muli(C));
      x = x.mul(A).addi(polynomial.matMul(x));
    }
    return tall ? x.transpose() : x;
  }
}
