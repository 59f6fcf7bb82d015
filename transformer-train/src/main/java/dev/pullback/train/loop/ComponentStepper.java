package dev.pullback.train.loop;

import ai.djl.TrainingDivergedException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import ai.djl.nn.Parameter;
import ai.djl.training.GradientCollector;
import dev.pullback.engine.EngineSupport;
import dev.pullback.engine.HostValues;
import dev.pullback.engine.Safetensors;
import dev.pullback.engine.SafetensorsReader;
import dev.pullback.optim.StepReport;
import dev.pullback.train.task.Workload;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.hipparchus.linear.Array2DRowRealMatrix;
import org.hipparchus.linear.ArrayRealVector;
import org.hipparchus.linear.LUDecomposition;
import org.hipparchus.linear.RealMatrix;

/**
 * The RMS metric with one dimension for each of k components of the loss, L = Σ L_a.
 *
 * <p>The metric is G = γ + ξ Σ ∂L_a ∂L_aᵀ. With K the k × k matrix of ⟨∂L_a, γ⁻¹ ∂L_b⟩, smoothed as
 * the trace is with one dimension, Woodbury's identity gives the update γ⁻¹ Σ c_a m̂_a with (1 +
 * ξK) c = 1, where m_a averages the gradient of component a. For k = 1 this is {@code sgd_rms}: K
 * is the trace and c the metric scale.
 */
public final class ComponentStepper implements Stepper {

  private final Workload work;
  private final Map<String, Double> h;
  private final List<Parameter> parameters;
  private final NDManager manager;
  private final int count;
  private final List<NDList> momenta = new ArrayList<>();
  private final NDList squares = new NDList();

  /** The smoothed ξK, row by row, and the number of steps. */
  private double[] smoothed;

  private long t;

  private StepReport report;

  /**
   * Creates the optimiser.
   *
   * @param work its loss has {@code count} components
   * @param count k, at least 1
   * @param hyperparameters those of {@code sgd_rms}, all of them
   */
  public ComponentStepper(Workload work, int count, Map<String, Double> hyperparameters) {
    this.work = work;
    this.count = count;
    this.h = hyperparameters;
    this.parameters =
        work.block().getParameters().values().stream().filter(Parameter::requiresGradient).toList();
    this.manager = work.manager().newSubManager();
    this.smoothed = new double[count * count];
    for (int a = 0; a < count; a++) {
      momenta.add(zeros());
    }
    squares.addAll(zeros());
  }

  private NDList zeros() {
    NDList zeros = new NDList();
    for (Parameter parameter : parameters) {
      zeros.add(manager.zeros(parameter.getArray().getShape()));
    }
    return zeros;
  }

  @Override
  public void step(long step) {
    try (NDManager scratch = manager.newSubManager()) {
      double loss = 0;
      List<NDList> gradients = new ArrayList<>();
      for (int a = 0; a < count; a++) {
        NDList own = new NDList();
        loss += gradient(step, a, own, scratch);
        gradients.add(own);
      }
      report = update(loss, gradients);
    }
  }

  /** Differentiates one component; its gradients, owned by {@code scratch}, go into a list. */
  private double gradient(long step, int component, NDList own, NDManager scratch) {
    double value;
    try (NDScope scope = new NDScope();
        GradientCollector collector = manager.getEngine().newGradientCollector()) {
      scope.suppressNotUsedWarning();
      NDArray loss = work.component(step, component);
      collector.backward(loss);
      value = loss.getFloat();
    }
    NDList arrays = new NDList();
    for (Parameter parameter : parameters) {
      NDArray array = parameter.getArray();
      arrays.add(array);
      try (NDArray gradient = array.getGradient()) {
        NDArray copy = gradient.duplicate();
        copy.attach(scratch);
        own.add(copy);
      }
    }
    EngineSupport.of(arrays.head()).clearGradients(arrays);
    return value;
  }

  private StepReport update(double loss, List<NDList> gradients) {
    t++;
    double square = 0;
    double[] gram = new double[count * count];
    NDList roots = new NDList();
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      for (int p = 0; p < parameters.size(); p++) {
        NDArray total = gradients.get(0).get(p);
        for (int a = 1; a < count; a++) {
          total = total.add(gradients.get(a).get(p));
        }
        square += total.square().sum().getFloat();
        double rest = 1 - h.get("beta_rms");
        squares.get(p).muli(h.get("beta_rms")).addi(total.square().mul(rest));
        NDArray root = squares.get(p).div(corrected("beta_rms")).sqrt().add(h.get("eps"));
        roots.add(root);
        for (int a = 0; a < count; a++) {
          for (int b = 0; b < count; b++) {
            NDArray product = gradients.get(a).get(p).mul(gradients.get(b).get(p));
            gram[a * count + b] += product.div(root).sum().getFloat();
          }
        }
      }
      double[] factors = factors(gram);
      for (int p = 0; p < parameters.size(); p++) {
        move(p, factors, gradients, roots.get(p));
      }
      double trace = 0;
      for (double entry : gram) {
        trace += entry;
      }
      double mean = 0;
      for (double factor : factors) {
        mean += factor / count;
      }
      return new StepReport(t, h.get("lr"), loss, Math.sqrt(square), trace, mean, false);
    }
  }

  /** 1 - β^t of a moving average. */
  private double corrected(String beta) {
    return 1 - Math.pow(h.get(beta), (double) t);
  }

  /** Smooths ξK and solves (1 + ξK) c = 1. */
  private double[] factors(double[] gram) {
    double beta = h.get("beta");
    RealMatrix matrix = new Array2DRowRealMatrix(count, count);
    for (int i = 0; i < gram.length; i++) {
      smoothed[i] = beta * smoothed[i] + (1 - beta) * h.get("xi") * gram[i];
      double identity = i / count == i % count ? 1 : 0;
      matrix.setEntry(i / count, i % count, identity + smoothed[i] / corrected("beta"));
    }
    double[] factors =
        new LUDecomposition(matrix).getSolver().solve(new ArrayRealVector(count, 1)).toArray();
    for (double factor : factors) {
      if (!Double.isFinite(factor)) {
        throw new TrainingDivergedException("Step %d: the gradient is not finite".formatted(t));
      }
    }
    return factors;
  }

  private void move(int p, double[] factors, List<NDList> gradients, NDArray root) {
    NDArray weight = parameters.get(p).getArray();
    double mu = h.get("momentum");
    NDArray direction = weight.zerosLike();
    for (int a = 0; a < count; a++) {
      NDArray momentum = momenta.get(a).get(p);
      momentum.muli(mu).addi(gradients.get(a).get(p).mul(1 - mu));
      direction = direction.add(momentum.mul(factors[a] / corrected("momentum")));
    }
    double rate = h.get("lr");
    NDArray next = weight.mul(1 - rate * h.get("weight_decay")).sub(direction.div(root).mul(rate));
    load(weight, next);
  }

  private static void load(NDArray target, NDArray values) {
    EngineSupport.of(target).load(target, values);
  }

  @Override
  public StepReport report() {
    return report;
  }

  @Override
  public long stateBytes() {
    return (count + 1L) * work.parameters() * Float.BYTES;
  }

  @Override
  public void save(OutputStream out) throws IOException {
    Map<String, NDArray> arrays = new LinkedHashMap<>();
    for (int p = 0; p < parameters.size(); p++) {
      arrays.put("v." + p, squares.get(p));
      for (int a = 0; a < count; a++) {
        arrays.put("m." + a + "." + p, momenta.get(a).get(p));
      }
    }
    try (NDManager scratch = HostValues.on(manager.newSubManager())) {
      arrays.put("smoothed", scratch.create(smoothed));
      arrays.put("t", scratch.create(new long[] {t}));
      Safetensors.write(arrays, Map.of(), out);
    }
  }

  @Override
  public void load(Path file) throws IOException {
    try (SafetensorsReader reader = Safetensors.open(file);
        NDManager scratch = manager.newSubManager()) {
      for (int p = 0; p < parameters.size(); p++) {
        reader.load("v." + p, squares.get(p));
        for (int a = 0; a < count; a++) {
          reader.load("m." + a + "." + p, momenta.get(a).get(p));
        }
      }
      smoothed = reader.read("smoothed", scratch).toDoubleArray();
      t = reader.read("t", scratch).toLongArray()[0];
    }
  }

  @Override
  public void close() {
    manager.close();
  }
}
