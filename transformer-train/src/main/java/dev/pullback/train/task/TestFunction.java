package dev.pullback.train.task;

import ai.djl.ndarray.NDArray;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** Functions of two variables whose least value, 0, is to be found. */
public enum TestFunction {
  /** (1.5-x+xy)² + (2.25-x+xy²)² + (2.625-x+xy³)². */
  BEALE(0, 0, 1e-7) {
    @Override
    public NDArray value(NDArray x, NDArray y) {
      NDArray sum = x.mul(y.sub(1)).add(1.5).square();
      sum = sum.add(x.mul(y.square().sub(1)).add(2.25).square());
      return sum.add(x.mul(y.square().mul(y).sub(1)).add(2.625).square());
    }
  },
  /** (1-x)² + 100(y-x²)². */
  ROSENBROCK(0, 0, 1e-7) {
    @Override
    public NDArray value(NDArray x, NDArray y) {
      return x.sub(1).square().add(y.sub(x.square()).square().mul(100));
    }
  },
  /** (x²+y-11)² + (x+y²-7)². */
  HIMMELBLAU(0, 0, 1e-6) {
    @Override
    public NDArray value(NDArray x, NDArray y) {
      return x.square().add(y).sub(11).square().add(x.add(y.square()).sub(7).square());
    }
  },
  /** -20 exp(-0.2 sqrt((x²+y²)/2)) - exp((cos 2πx + cos 2πy)/2) + 20 + e. */
  ACKLEY(2, 2, 1e-6) {
    @Override
    public NDArray value(NDArray x, NDArray y) {
      NDArray far = x.square().add(y.square()).mul(0.5).sqrt().mul(-0.2).exp().mul(-20);
      NDArray waves = wave(x).add(wave(y)).mul(0.5).exp();
      return far.sub(waves).add(20 + Math.E);
    }
  },
  /** 20 + x² - 10 cos 2πx + y² - 10 cos 2πy. */
  RASTRIGIN(2, 2, 1e-6) {
    @Override
    public NDArray value(NDArray x, NDArray y) {
      return x.square().add(y.square()).sub(wave(x).add(wave(y)).mul(10)).add(20);
    }
  };

  private final double startX;
  private final double startY;
  private final double tolerance;

  TestFunction(double startX, double startY, double tolerance) {
    this.startX = startX;
    this.startY = startY;
    this.tolerance = tolerance;
  }

  /** Computes the function of two 0-d arrays. */
  public abstract NDArray value(NDArray x, NDArray y);

  private static NDArray wave(NDArray x) {
    return x.mul(2 * Math.PI).cos();
  }

  public double[] start() {
    return new double[] {startX, startY};
  }

  /**
   * Tells whether a value counts as the least one.
   *
   * @param value the function's value somewhere
   * @return whether it is within the tolerance
   */
  public boolean isSolved(double value) {
    return value <= tolerance;
  }

  public String lowerCaseName() {
    return name().toLowerCase(Locale.ROOT);
  }

  public static Optional<TestFunction> byName(String name) {
    return Arrays.stream(values())
        .filter(function -> function.lowerCaseName().equals(name))
        .findFirst();
  }
}
