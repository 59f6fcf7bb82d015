package dev.pullback.optim;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import java.util.List;

/** Numbers of a step on the host: sums over a whole model, bias corrections. */
final class Scalars {

  private Scalars() {}

  /** Returns ε such that 0 / (0 + ε) is 0; what is lost in rounding elsewhere is nothing. */
  static double epsilon(double epsilon) {
    return Math.max(epsilon, Float.MIN_NORMAL);
  }

  /** Returns 1 - β^t, the weight that a moving average from zero has gathered after t steps. */
  static double biasCorrection(double beta, long t) {
    return 1 - Math.pow(beta, (double) t);
  }

  /** Adds up 0-d arrays in their order, in double precision on the host, in one transfer. */
  static double sum(List<NDArray> scalars) {
    NDList list = new NDList(scalars.size());
    for (NDArray scalar : scalars) {
      list.add(scalar.toType(DataType.FLOAT64, false));
    }
    double sum = 0;
    for (double value : NDArrays.stack(list).toDoubleArray()) {
      sum += value;
    }
    return sum;
  }
}
