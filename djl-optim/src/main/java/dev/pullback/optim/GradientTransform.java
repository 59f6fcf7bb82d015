package dev.pullback.optim;

import ai.djl.TrainingDivergedException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import dev.pullback.engine.EngineSupport;
import dev.pullback.engine.HostValues;
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
   * The gradients to use, computed one at a time.
   *
   * @param transform what happens to them
   * @param raw as the engine has them, in their parameter's type
   * @param norm the norm of the whole gradient before it was clipped by it
   * @param clipFactor by what clipping by the norm multiplies
   * @param parameters the parameters, for error messages
   */
  record Result(
      GradientTransform transform,
      List<NDArray> raw,
      double norm,
      double clipFactor,
      Collection<BoundModel.Named> parameters) {

    /** Computes the gradient of a parameter, or returns the raw one if that is it. */
    NDArray get(int parameter) {
      NDArray g = transform.byElement(raw.get(parameter));
      return clipFactor == 1 ? g : g.mul(clipFactor);
    }

    /** Returns by what all of them are multiplied. */
    double factor() {
      return transform.rescale() * clipFactor;
    }

    /** Returns the norm after clipping by it. */
    double clippedNorm() {
      return Math.min(norm, transform.clipNorm());
    }

    /**
     * Throws, naming the parameters at fault, unless all elements are finite and so is the sum of
     * their squares in their own type: state that holds squares would become infinite otherwise,
     * and its weights never move again.
     */
    void requireUsable(long step) {
      if (!Double.isFinite(norm)) {
        throw notFinite(step);
      }
      boolean single = raw.stream().anyMatch(a -> a.getDataType() == DataType.FLOAT32);
      if (!(clippedNorm() * clippedNorm() <= (single ? Float.MAX_VALUE : Double.MAX_VALUE))) {
        throw tooLarge(step, single ? DataType.FLOAT32 : DataType.FLOAT64);
      }
    }

    private TrainingDivergedException notFinite(long step) {
      List<String> paths = new ArrayList<>();
      int i = 0;
      for (BoundModel.Named named : parameters) {
        if (!Double.isFinite(transform.norm(List.of(raw.get(i++))))) {
          paths.add(named.path());
        }
      }
      String first = paths.isEmpty() ? "their sum" : paths.get(0);
      return new TrainingDivergedException(
          "Step %d: the gradient is not finite in %d of %d parameters, first in %s%s"
              .formatted(step, paths.size(), raw.size(), first, knownCause()));
    }

    private TrainingDivergedException tooLarge(long step, DataType type) {
      double largest = -1;
      String path = "";
      int i = 0;
      for (BoundModel.Named named : parameters) {
        double own = transform.largest(raw.get(i++));
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
      return EngineSupport.of(raw.get(0)).mayLoseNumbers()
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
   * Looks at the gradients of a step.
   *
   * @param raw as the engine has them, in their parameter's type
   * @param parameters whose they are
   * @param measured whether the norm is wanted where nothing is clipped by it; it is NaN otherwise
   */
  Result apply(List<NDArray> raw, Collection<BoundModel.Named> parameters, boolean measured) {
    double norm = measured || clipNorm != Double.POSITIVE_INFINITY ? norm(raw) : Double.NaN;
    boolean clips = norm > clipNorm && Double.isFinite(norm);
    return new Result(this, raw, norm, clips ? clipNorm / norm : 1, parameters);
  }

  /** What happens to each element, whatever the others are. */
  private NDArray byElement(NDArray raw) {
    NDArray g = rescale == 1 ? raw : raw.mul(rescale);
    return clip == Double.POSITIVE_INFINITY
        ? g
        : g.add(g.mul(0)).clip(-clip, clip); // ∞ becomes NaN, which clipping keeps
  }

  private double norm(List<NDArray> raw) {
    double norm = Math.sqrt(squaredNorm(raw, 1));
    if (Double.isFinite(norm)) {
      return norm;
    }
    // Squares overflow long before the gradient does.
    double largest = raw.stream().mapToDouble(this::largest).max().orElse(0);
    return largest * Math.sqrt(squaredNorm(raw, largest));
  }

  /** Returns the largest magnitude of an element; of what holds NaN, whatever the engine says. */
  private double largest(NDArray raw) {
    if (raw.size() == 0) {
      return 0;
    }
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      return HostValues.read(
          byElement(raw).abs().max().toType(DataType.FLOAT64, false), NDArray::getDouble);
    }
  }

  /**
   * Returns the squared norm of the gradients over a unit; in double precision unless that is 1.
   */
  private double squaredNorm(List<NDArray> raw, double unit) {
    EngineSupport engine = EngineSupport.of(raw.get(0));
    if (unit == 1 && clip == Double.POSITIVE_INFINITY) {
      return rescale * rescale * engine.sumOfSquares(new NDList(raw));
    }
    double sum = 0;
    for (NDArray array : raw) {
      try (NDScope scope = new NDScope()) {
        scope.suppressNotUsedWarning();
        NDArray g = byElement(array);
        NDArray inUnits = unit == 1 ? g : g.toType(DataType.FLOAT64, false).div(unit);
        sum += engine.sumOfSquares(new NDList(inUnits));
      }
    }
    return sum;
  }
}
