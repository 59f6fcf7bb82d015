package dev.pullback.train.scaling;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.Iterator;

/**
 * Limited-memory BFGS (Nocedal and Wright, Numerical Optimization, algorithms 7.4 and 7.5), with a
 * line search by bisection that ends at a point of the weak Wolfe conditions and does not need a
 * second derivative (Lewis and Overton, Nonsmooth optimization via quasi-Newton methods, 2013):
 * Huber's loss has none where residuals become outliers.
 */
final class Lbfgs {

  private static final int MEMORY = 20;
  private static final double DECREASE = 1e-4;
  private static final double CURVATURE = 0.9;
  private static final int TRIALS = 60;

  /** A function with its gradient. */
  @FunctionalInterface
  interface Objective {

    /** Returns the value and fills the gradient. */
    double at(double[] x, double[] gradient);
  }

  /**
   * Where a search ended.
   *
   * @param x there
   * @param value there
   * @param iterations steps taken
   * @param converged whether no component of the gradient is above the tolerance
   */
  @SuppressWarnings("ArrayRecordComponent") // Read once by the caller, never compared.
  record Minimum(double[] x, double value, int iterations, boolean converged) {}

  @SuppressWarnings("ArrayRecordComponent") // As above.
  private record Pair(double[] step, double[] change, double inverse) {}

  private Lbfgs() {}

  /**
   * Minimises.
   *
   * @param objective what
   * @param start where from; not changed
   * @param tolerance of the gradient's components
   * @param iterations at most
   * @return the last point; not converged if the line search finds nothing lower, or at the limit
   */
  static Minimum minimise(Objective objective, double[] start, double tolerance, int iterations) {
    int n = start.length;
    double[] x = start.clone();
    double[] gradient = new double[n];
    double value = objective.at(x, gradient);
    Deque<Pair> memory = new ArrayDeque<>();
    double[] next = new double[n];
    double[] nextGradient = new double[n];
    for (int i = 0; i < iterations; i++) {
      if (largest(gradient) <= tolerance) {
        return new Minimum(x, value, i, true);
      }
      double[] direction = direction(gradient, memory);
      double slope = dot(direction, gradient);
      if (!(slope < 0)) {
        memory.clear();
        direction = direction(gradient, memory);
        slope = dot(direction, gradient);
      }
      double low = 0;
      double high = Double.POSITIVE_INFINITY;
      double length = memory.isEmpty() ? 0.1 / largest(gradient) : 1;
      double nextValue = Double.NaN;
      boolean found = false;
      for (int trial = 0; trial < TRIALS && !found; trial++) {
        for (int j = 0; j < n; j++) {
          next[j] = x[j] + length * direction[j];
        }
        nextValue = objective.at(next, nextGradient);
        if (!(nextValue <= value + DECREASE * length * slope)) {
          high = length;
        } else if (dot(nextGradient, direction) < CURVATURE * slope) {
          low = length;
        } else {
          found = true;
        }
        if (!found) {
          length = Double.isInfinite(high) ? 2 * low : 0.5 * (low + high);
        }
      }
      if (!found) {
        if (memory.isEmpty()) {
          return new Minimum(x, value, i, false);
        }
        memory.clear(); // What it says is wrong here; the gradient may still lead down.
        continue;
      }
      remember(memory, x, gradient, next, nextGradient);
      x = next.clone();
      gradient = nextGradient.clone();
      value = nextValue;
    }
    return new Minimum(x, value, iterations, largest(gradient) <= tolerance);
  }

  private static void remember(
      Deque<Pair> memory, double[] x, double[] gradient, double[] next, double[] nextGradient) {
    double[] step = new double[x.length];
    double[] change = new double[x.length];
    for (int j = 0; j < x.length; j++) {
      step[j] = next[j] - x[j];
      change[j] = nextGradient[j] - gradient[j];
    }
    double product = dot(step, change);
    if (product > 0) {
      memory.addLast(new Pair(step, change, 1 / product));
      if (memory.size() > MEMORY) {
        memory.removeFirst();
      }
    }
  }

  /** Returns minus the approximate inverse Hessian times the gradient, by the two loops. */
  private static double[] direction(double[] gradient, Deque<Pair> memory) {
    double[] q = gradient.clone();
    double[] factors = new double[memory.size()];
    int i = memory.size();
    for (Iterator<Pair> newest = memory.descendingIterator(); newest.hasNext(); ) {
      Pair pair = newest.next();
      i--;
      factors[i] = pair.inverse() * dot(pair.step(), q);
      add(q, -factors[i], pair.change());
    }
    if (!memory.isEmpty()) {
      Pair last = memory.getLast();
      double scale = 1 / (last.inverse() * dot(last.change(), last.change()));
      Arrays.setAll(q, j -> q[j] * scale);
    }
    for (Pair pair : memory) {
      add(q, factors[i] - pair.inverse() * dot(pair.change(), q), pair.step());
      i++;
    }
    Arrays.setAll(q, j -> -q[j]);
    return q;
  }

  private static void add(double[] to, double factor, double[] vector) {
    for (int j = 0; j < to.length; j++) {
      to[j] += factor * vector[j];
    }
  }

  private static double dot(double[] a, double[] b) {
    double sum = 0;
    for (int j = 0; j < a.length; j++) {
      sum += a[j] * b[j];
    }
    return sum;
  }

  private static double largest(double[] gradient) {
    double largest = 0;
    for (double g : gradient) {
      largest = Math.max(largest, Math.abs(g)); // NaN stays
    }
    return largest;
  }
}
