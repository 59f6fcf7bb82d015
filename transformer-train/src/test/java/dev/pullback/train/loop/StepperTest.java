package dev.pullback.train.loop;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDScope;
import ai.djl.nn.Parameter;
import ai.djl.training.GradientCollector;
import dev.pullback.engine.EngineSupport;
import dev.pullback.optim.InducedMetric;
import dev.pullback.train.task.TinyWorkload;
import dev.pullback.train.task.Workload;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import org.hipparchus.linear.Array2DRowRealMatrix;
import org.hipparchus.linear.ArrayRealVector;
import org.hipparchus.linear.LUDecomposition;
import org.hipparchus.linear.RealMatrix;
import org.hipparchus.linear.RealVector;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Several components of a loss, each differentiated by itself. */
class StepperTest {

  private static final Map<String, Double> VALUES =
      Map.of(
          "lr", 0.05,
          "xi", 0.5,
          "momentum", 0.6,
          "beta_rms", 0.9,
          "eps", 1e-8,
          "weight_decay", 0.1);

  @TempDir private Path folder;

  /** Without averages, the first step is -η G⁻¹ ∂L with the metric as one dense matrix. */
  @Test
  void twoComponentsInvertTheDenseMetric() {
    Map<String, Double> plain = new TreeMap<>(VALUES);
    plain.putAll(Map.of("momentum", 0.0, "weight_decay", 0.0));
    try (Workload work = new TinyWorkload(1);
        Stepper two = two(work, plain)) {
      RealVector a = gradient(work, 0);
      RealVector b = gradient(work, 1);
      RealVector all = a.add(b);
      int n = all.getDimension();
      RealMatrix metric = new Array2DRowRealMatrix(n, n);
      for (int i = 0; i < n; i++) {
        metric.setEntry(i, i, Math.abs(all.getEntry(i)) + plain.get("eps"));
      }
      metric = metric.add(a.outerProduct(a).add(b.outerProduct(b)).scalarMultiply(plain.get("xi")));
      RealVector step = new LUDecomposition(metric).getSolver().solve(all);
      float[] before = weights(work);
      two.step(1);
      float[] after = weights(work);
      for (int i = 0; i < n; i++) {
        double expected = before[i] - plain.get("lr") * step.getEntry(i);
        assertEquals(expected, after[i], 2e-5, "element " + i);
      }
    }
  }

  /** One component is the whole loss, not the first of two. */
  @Test
  void oneComponentIsTheWholeLoss() {
    try (Workload own = new TinyWorkload(1);
        Workload reference = new TinyWorkload(1);
        Stepper one = new Stepper(own, 1, 1, builder(VALUES).optComponents(1));
        Stepper exact = new Stepper(reference, 1, 1, builder(VALUES).optExact())) {
      RealVector all = gradient(own, 0).add(gradient(own, 1));
      one.step(1);
      exact.step(1);
      assertArrayEquals(weights(reference), weights(own));
      assertEquals(all.getNorm(), one.report().gradientNorm(), 1e-5 * all.getNorm());
    }
  }

  @Test
  void itsStateContinuesExactly() throws IOException {
    try (Workload work = new TinyWorkload(1);
        Stepper whole = two(work, VALUES);
        Workload other = new TinyWorkload(1);
        Stepper first = two(other, VALUES);
        Stepper second = two(other, VALUES)) {
      Path file = folder.resolve("state.safetensors");
      whole.step(1);
      whole.step(2);
      first.step(1);
      try (OutputStream out = Files.newOutputStream(file)) {
        first.save(out);
      }
      second.load(file);
      second.step(2);
      assertArrayEquals(weights(work), weights(other));
    }
  }

  private static RealVector gradient(Workload work, int component) {
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      try (GradientCollector collector = work.manager().getEngine().newGradientCollector()) {
        collector.backward(work.component(1, component));
      }
      RealVector all = new ArrayRealVector();
      for (Parameter parameter : work.block().getParameters().values()) {
        NDArray array = parameter.getArray();
        for (float value : array.getGradient().toFloatArray()) {
          all = all.append(value);
        }
        EngineSupport.of(array).clearGradients(new NDList(array));
      }
      return all;
    }
  }

  private static float[] weights(Workload work) {
    RealVector all = new ArrayRealVector();
    for (Parameter parameter : work.block().getParameters().values()) {
      for (float value : parameter.getArray().toFloatArray()) {
        all = all.append(value);
      }
    }
    float[] weights = new float[all.getDimension()];
    for (int i = 0; i < weights.length; i++) {
      weights[i] = (float) all.getEntry(i);
    }
    return weights;
  }

  private static Stepper two(Workload work, Map<String, Double> values) {
    return new Stepper(work, 1, 2, builder(values).optComponents(2));
  }

  private static InducedMetric.Builder builder(Map<String, Double> values) {
    return InducedMetric.builder()
        .optRms(values.get("beta_rms"), values.get("eps"))
        .optMomentum(values.get("momentum"))
        .optXi(values.get("xi"))
        .optLearningRate(values.get("lr"))
        .optWeightDecay(values.get("weight_decay"));
  }
}
