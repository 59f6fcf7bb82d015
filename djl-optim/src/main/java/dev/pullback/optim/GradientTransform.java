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
   * @param norm the norm of the whole gradient before it was clipped by it
   * @param clippedNorm the norm after that
   * @param factor by what all of them were multiplied
   * @param parameters the parameters, for error messages
   */
  record Result(
      List<NDArray> arrays,
      double norm,
      double clippedNorm,
      double factor,
      Collection<BoundModel.Named> parameters) {

    /**
     * Throws, naming the parameters at fault, unless all elements are finite and so is the sum of
     * their squares in their own type: state that holds squares would become infinite otherwise,
     * and its weights never move again.
     */
    void requireUsable(long step) {
      if (!Double.isFinite(norm)) {
        throw notFinite(step);
      }
      boolean single = arrays.stream().anyMatch(a -> a.getDataType() == DataType.FLOAT32);
      if (!(clippedNorm * clippedNorm <= (single ? Float.MAX_VALUE : Double.MAX_VALUE))) {
        throw tooLarge(step, single ? DataType.FLOAT32 : DataType.FLOAT64);
      }
    }

    private TrainingDivergedException notFinite(long step) {
      List<String> paths = new ArrayList<>();
      int i = 0;
      for (BoundModel.Named named : parameters) {
        if (!Double.isFinite(GradientTransform.norm(List.of(arrays.get(i++))))) {
          paths.add(named.path());
        }
      }
      String first = paths.isEmpty() ? "their sum" : paths.get(0);
      return new TrainingDivergedException(
          "Step %d: the gradient is not finite in %d of %d parameters, first in %s%s"
              .formatted(step, paths.size(), arrays.size(), first, knownCause()));
    }

    private TrainingDivergedException tooLarge(long step, DataType type) {
      double largest = -1;
      String path = "";
      int i = 0;
      for (BoundModel.Named named : parameters) {
        double own = GradientTransform.largest(arrays.get(i++));
        if (own > largest) {
          largest = own;
          path = named.path();
        }
      }
      return new TrainingDivergedException(
          ("Step %d: the gradient is too large, its square is beyond %s: the norm is %s, the largest"
                  + " element %s in %s; clip the norm, or find what makes it so large%s")
              .formatted(step, type, text(norm, type), text(largest, type), path, knownCause()));
    }

    /** What DJL does on PyTorch makes gradients that look like those of a diverging model. */
    private String knownCause() {
      return EngineSupport.of(arrays.get(0)).mayLoseNumbers()
          ? ". If this comes and goes: a loss or block that multiplies by a Java number, as"
              + " Loss.l2Loss does, can get such a gradient from DJL on PyTorch; train with"
              + " optimizer.observe(loss), or see docs/djl-memory.md of Pullback for what to write"
              + " instead"
          : "";
    }
  }

  /** Returns a number with the digits that its type has. */
  private static String text(double number, DataType type) {
    return type == DataType.FLOAT32 ? Float.toString((float) number) : Double.toString(number);
  }

  /** Returns whether gradients stay as they are. */
  boolean isIdentity() {
    return rescale == 1 && clip == Double.POSITIVE_INFINITY && clipNorm == Double.POSITIVE_INFINITY;
  }

  /**
   * Transforms the gradients of a step.
   *
   * @param raw as the engine has them
   * @param parameters whose they are
   * @param measured whether the norm is wanted where nothing is clipped by it; it is NaN otherwise
   */
  Result apply(List<NDArray> raw, Collection<BoundModel.Named> parameters, boolean measured) {
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
    double norm = measured || clipNorm != Double.POSITIVE_INFINITY ? norm(gradients) : Double.NaN;
    double factor = 1;
    if (norm > clipNorm && Double.isFinite(norm)) {
      factor = clipNorm / norm;
      double clipped = factor;
      gradients.replaceAll(g -> g.mul(clipped));
    }
    return new Result(gradients, norm, Math.min(norm, clipNorm), rescale * factor, parameters);
  }

  private static double norm(List<NDArray> gradients) {
    double norm = Math.sqrt(squaredNorm(gradients));
    if (Double.isFinite(norm)) {
      return norm;
    }
    // Squares overflow long before the gradient does.
    double largest = gradients.stream().mapToDouble(GradientTransform::largest).max().orElse(0);
    return largest
        * Math.sqrt(
            squaredNorm(
                gradients.stream()
                    .map(g -> g.toType(DataType.FLOAT64, false).div(largest))
                    .toList()));
  }

  /** Returns the largest magnitude of an element; of what holds NaN, whatever the engine says. */
  private static double largest(NDArray gradient) {
    return gradient.size() == 0
        ? 0
        : gradient.abs().max().toType(DataType.FLOAT64, false).getDouble();
  }

  private static double squaredNorm(List<NDArray> gradients) {
    return EngineSupport.of(gradients.get(0)).sumOfSquares(new NDList(gradients));
  }
}
