package dev.pullback.optim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.engine.Engine;
import ai.djl.ndarray.types.DataType;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What must not matter. */
class InvarianceTest {

  private static final int STEPS = 12;

  @AutoClose private final Resources open = new Resources();

  /**
   * Neither the unit of the loss nor the number of parameters changes the scale of a relative ξ.
   */
  @ParameterizedTest
  @EnumSource(
      value = Kernels.class,
      names = {"PORTABLE", "AUTO"})
  void theRelativeScaleDoesNotDependOnTheLossOrTheSize(Kernels kernels) {
    List<Double> plain = scales(1, 1, kernels);
    assertArrayEquals(doubles(plain), doubles(scales(1000, 1, kernels)), 1e-6);
    assertArrayEquals(doubles(plain), doubles(scales(1, 2, kernels)), 1e-10);
    assertEquals(STEPS, plain.stream().distinct().count());
  }

  private static double[] doubles(List<Double> values) {
    return values.stream().mapToDouble(Double::doubleValue).toArray();
  }

  private List<Double> scales(double unit, int copies, Kernels kernels) {
    TensorsBlock block = new TensorsBlock(open.manager());
    for (int i = 0; i < copies; i++) {
      block.add(new Random(1).doubles(6).toArray(), DataType.FLOAT64, 2, 3);
    }
    List<Double> scales = new ArrayList<>();
    StepOptimizer optimizer =
        open.optimizer(
            block,
            InducedMetric.over(Rules.adam(0.9, 0.99, 1e-8))
                .optRelativeXi(2)
                .optKernels(kernels)
                .optReportListener(report -> scales.add(report.metricScale())));
    Random random = new Random(2);
    for (int step = 0; step < STEPS; step++) {
      double[] g = random.doubles(6, -unit, unit).map(x -> x * (1 + random.nextInt(5))).toArray();
      block.backward(Collections.nCopies(copies, g));
      optimizer.step();
    }
    return scales;
  }

  /** G⁻¹ m̂ by the core, and by elimination of G as one dense matrix, on random small models. */
  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8})
  void theExactFormInvertsTheDenseMetric(long seed) {
    Random random = new Random(seed);
    int n = 2 + random.nextInt(6);
    double xi = Math.exp(2 * random.nextGaussian());
    double coupling = seed % 2 == 0 ? 0 : 1.8 * random.nextDouble() - 0.9;
    double mu = 0.9 * random.nextDouble();
    double rate = 0.05;
    double slope = 0.5 + random.nextDouble();
    double[] theta = random.doubles(n).toArray();
    TensorsBlock block = new TensorsBlock(open.manager()).add(theta.clone(), DataType.FLOAT64, n);
    StepOptimizer optimizer =
        open.optimizer(
            block,
            InducedMetric.builder()
                .optRms(0.9, 1e-3)
                .optMomentum(mu)
                .optXi(xi)
                .optCrossTerm(coupling)
                .optEmbedding(loss -> slope)
                .optLearningRate(rate));
    double[] m = new double[n];
    double[] v = new double[n];
    for (int t = 1; t <= 5; t++) {
      double[] g = random.doubles(n, -2, 2).toArray();
      block.backward(List.of(g));
      optimizer.observeLoss(1.0);
      optimizer.step();
      double[][] metric = new double[n][n];
      double[] mean = new double[n];
      double length = 0;
      for (int i = 0; i < n; i++) {
        m[i] = mu * m[i] + (1 - mu) * g[i];
        v[i] = 0.9 * v[i] + 0.1 * g[i] * g[i];
        mean[i] = m[i] / (1 - Math.pow(mu, t));
        metric[i][i] = Math.sqrt(v[i] / (1 - Math.pow(0.9, t))) + 1e-3;
        length += mean[i] * mean[i] / metric[i][i];
      }
      length = Math.sqrt(length);
      for (int i = 0; i < n; i++) {
        for (int j = 0; j < n; j++) {
          double cross = coupling * Math.sqrt(xi) * slope / length;
          metric[i][j] +=
              xi * slope * slope * g[i] * g[j] + cross * (g[i] * mean[j] + mean[i] * g[j]);
        }
      }
      double[] direction = solve(metric, mean);
      for (int i = 0; i < n; i++) {
        theta[i] -= rate * slope * direction[i];
      }
      assertArrayEquals(theta, block.values(0), 1e-9, "step " + t);
    }
  }

  /** Gauss–Jordan elimination, of a positive definite matrix. */
  private static double[] solve(double[][] matrix, double[] right) {
    int n = right.length;
    double[][] a = new double[n][];
    for (int i = 0; i < n; i++) {
      a[i] = Arrays.copyOf(matrix[i], n + 1);
      a[i][n] = right[i];
    }
    for (int k = 0; k < n; k++) {
      for (int i = 0; i < n; i++) {
        double factor = a[i][k] / a[k][k];
        for (int j = k; i != k && j <= n; j++) {
          a[i][j] -= factor * a[k][j];
        }
      }
    }
    return IntStream.range(0, n).mapToDouble(i -> a[i][n] / a[i][i]).toArray();
  }

  /** On a quadratic, SOAP takes the same path in rotated coordinates. */
  @ParameterizedTest
  @ValueSource(strings = {"rows", "columns"})
  void soapDoesNotSeeRotations(String side) {
    Assumptions.assumeTrue(
        Engine.getDefaultEngineName().equals("PyTorch"),
        "skipped: DJL's MXNet engine has no decompositions");
    boolean rows = side.equals("rows");
    double angle = 0.7;
    double[][] turn = {{Math.cos(angle), -Math.sin(angle)}, {Math.sin(angle), Math.cos(angle)}};
    double[][] identity = {{1, 0}, {0, 1}};
    double[] plain = soap(identity, identity);
    double[] turned = soap(rows ? turn : identity, rows ? identity : turn);
    // Back: Rᵀ X (or X R).
    double[] back =
        rows
            ? multiply(transpose(turn), turned)
            : transposed(multiply(transpose(turn), transposed(turned)));
    assertArrayEquals(plain, back, 1e-8);
  }

  /** Ends at L X Rᵀ, if the path does not see rotations; the loss is ½ Σ a_ij (Lᵀ X R - B)²_ij. */
  private double[] soap(double[][] left, double[][] right) {
    double[] start = {1, 2, -1, 0.5};
    double[] weights = {3, 0.4, 1, 2};
    double[] target = {0.2, -0.3, 0.7, 0.1};
    double[] x = multiply(left, transposed(multiply(right, transposed(start))));
    TensorsBlock block = new TensorsBlock(open.manager()).add(x, DataType.FLOAT64, 2, 2);
    StepOptimizer optimizer =
        open.optimizer(
            block,
            StepOptimizer.builder(
                    Rules.preconditioned(
                        AmbientMetric.soap(0.9, 1e-8, new MatrixBlocks(2, 100, Integer.MAX_VALUE)),
                        0.8))
                .optLearningRate(0.05));
    for (int step = 0; step < 20; step++) {
      double[] own =
          multiply(
              transpose(left), transposed(multiply(transpose(right), transposed(block.values(0)))));
      double[] g = new double[4];
      for (int i = 0; i < 4; i++) {
        g[i] = weights[i] * (own[i] - target[i]);
      }
      block.backward(List.of(multiply(left, transposed(multiply(right, transposed(g))))));
      optimizer.step();
    }
    return block.values(0);
  }

  private static double[] multiply(double[][] a, double[] x) {
    double[] y = new double[4];
    for (int i = 0; i < 2; i++) {
      for (int j = 0; j < 2; j++) {
        y[2 * i + j] = a[i][0] * x[j] + a[i][1] * x[2 + j];
      }
    }
    return y;
  }

  private static double[] transposed(double[] x) {
    return new double[] {x[0], x[2], x[1], x[3]};
  }

  private static double[][] transpose(double[][] a) {
    return new double[][] {{a[0][0], a[1][0]}, {a[0][1], a[1][1]}};
  }
}
