package dev.pullback.train.scaling;

import java.util.Arrays;
import java.util.stream.IntStream;
import org.hipparchus.linear.ArrayRealVector;
import org.hipparchus.linear.LUDecomposition;
import org.hipparchus.linear.MatrixUtils;
import org.hipparchus.linear.RealMatrix;

/**
 * Least squares without negative coefficients, by active sets (Lawson and Hanson, Solving Least
 * Squares Problems, chapter 23), from the normal equations.
 */
final class NonNegativeLeastSquares {

  /** Slopes up to this share of the right side are rounding. */
  private static final double ROUNDING = 1e-13;

  /** So many times a coefficient may become free, as Lawson and Hanson have it. */
  private static final int ENTRIES = 3;

  private NonNegativeLeastSquares() {}

  /**
   * Solves.
   *
   * @param matrix XᵀWX, symmetric
   * @param right XᵀWy
   * @return the coefficients, 0 or more
   * @throws org.hipparchus.exception.MathRuntimeException if columns that take part are linearly
   *     dependent
   */
  static double[] solve(RealMatrix matrix, double[] right) {
    int n = right.length;
    double tolerance = ROUNDING * Arrays.stream(right).map(Math::abs).max().orElse(0);
    double[] x = new double[n];
    boolean[] free = new boolean[n];
    for (int entered = 0; entered < ENTRIES * n; entered++) {
      double[] pull = matrix.operate(x);
      int steepest = -1;
      for (int j = 0; j < n; j++) {
        pull[j] = right[j] - pull[j];
        if (!free[j] && pull[j] > tolerance && (steepest < 0 || pull[j] > pull[steepest])) {
          steepest = j;
        }
      }
      if (steepest < 0) {
        return x;
      }
      free[steepest] = true;
      double[] solution = solve(matrix, right, free);
      if (!(solution[steepest] > 0)) {
        return x; // Nothing but rounding is left.
      }
      while (!feasible(solution, free)) {
        double share = 1;
        for (int j = 0; j < n; j++) {
          if (free[j] && solution[j] <= 0) {
            share = Math.min(share, x[j] / (x[j] - solution[j]));
          }
        }
        for (int j = 0; j < n; j++) {
          boolean first = free[j] && solution[j] <= 0 && x[j] / (x[j] - solution[j]) <= share;
          x[j] = first ? 0 : x[j] + share * (solution[j] - x[j]);
          free[j] &= !first;
        }
        solution = solve(matrix, right, free);
      }
      x = solution;
    }
    return x;
  }

  private static boolean feasible(double[] solution, boolean[] free) {
    return IntStream.range(0, free.length).noneMatch(j -> free[j] && solution[j] <= 0);
  }

  private static double[] solve(RealMatrix matrix, double[] right, boolean[] free) {
    int[] rows = IntStream.range(0, free.length).filter(j -> free[j]).toArray();
    double[] own = Arrays.stream(rows).mapToDouble(j -> right[j]).toArray();
    double[] solution = new double[free.length];
    double[] part =
        new LUDecomposition(matrix.getSubMatrix(rows, rows), 0)
            .getSolver()
            .solve(new ArrayRealVector(own, false))
            .toArray();
    IntStream.range(0, rows.length).forEach(i -> solution[rows[i]] = part[i]);
    return solution;
  }

  /** Returns a matrix of zeros to add products to. */
  static RealMatrix zeros(int n) {
    return MatrixUtils.createRealMatrix(n, n);
  }
}
