package dev.pullback.optim;

import ai.djl.TrainingDivergedException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import dev.pullback.engine.EngineSupport;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/**
 * What happens to the gradients before the rule sees them: rescaling, then clipping by element,
 * then clipping by the norm of the whole model. The engine's own gradient arrays are left
 * unchanged.
 *
 * @param rescale factor, above 0
 * @param clip bound of each element, or infinity
 * @param clipNorm bound of the norm, or infinity
 */
record GradientTransform(double rescale, double clip, double clipNorm) {

  /**
   * The gradients to use.
   *
   * @param arrays one per parameter
   * @param norm the norm of the whole gradient before it was clipped
   * @param parameters the parameters, for error messages
   */
  record Result(List<NDArray> arrays, double norm, Collection<BoundModel.Named> parameters) {

    /** Throws, naming the parameters at fault, unless all elements are finite. */
    void requireFinite(long step) {
      if (Double.isFinite(norm)) {
        return;
      }
      List<String> paths = new ArrayList<>();
      int i = 0;
      for (BoundModel.Named named : parameters) {
        if (!Double.isFinite(squaredNorm(wide(List.of(arrays.get(i++)))))) {
          paths.add(named.path());
        }
      }
      String first = paths.isEmpty() ? "their sum" : paths.get(0);
      throw new TrainingDivergedException(
          "Step %d: the gradient is not finite in %d of %d parameters, first in %s"
              .formatted(step, paths.size(), arrays.size(), first));
    }
  }

  Result apply(List<NDArray> raw, Collection<BoundModel.Named> parameters) {
    List<NDArray> gradients = new ArrayList<>(raw.size());
    int i = 0;
    for (BoundModel.Named named : parameters) {
      // PyTorch's stand-in for a gradient that was never computed is always float32.
      NDArray g = raw.get(i++).toType(named.array().getDataType(), false);
      if (rescale != 1) {
        g = g.mul(rescale);
      }
      if (clip != Double.POSITIVE_INFINITY) {
        g = g.add(g.mul(0)).clip(-clip, clip); // ∞ becomes NaN, which clipping keeps
      }
      gradients.add(g);
    }
    double norm = norm(gradients);
    if (norm > clipNorm && Double.isFinite(norm)) {
      gradients.replaceAll(g -> g.mul(clipNorm / norm));
    }
    return new Result(gradients, norm, parameters);
  }

  private static List<NDArray> wide(List<NDArray> arrays) {
    return arrays.stream().map(a -> a.toType(DataType.FLOAT64, false)).toList();
  }

  private static double norm(List<NDArray> gradients) {
    double norm = Math.sqrt(squaredNorm(gradients));
    // In float32 squares overflow long before the gradient does.
    return Double.isFinite(norm) ? norm : Math.sqrt(squaredNorm(wide(gradients)));
  }

  private static double squaredNorm(List<NDArray> gradients) {
    return EngineSupport.of(gradients.get(0)).sumOfSquares(new NDList(gradients));
  }
}
