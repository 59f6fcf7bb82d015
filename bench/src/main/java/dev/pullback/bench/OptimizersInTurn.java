package dev.pullback.bench;

import dev.pullback.optim.Kernels;
import dev.pullback.train.config.Backend;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * Steps of several optimisers on the same weights, one step of each in turn, so that whatever else
 * the machine does meets them all.
 *
 * @param backend where
 * @param names optimisers by the names of {@link StepUnderTest}
 */
record OptimizersInTurn(Backend backend, List<String> names) {

  /** Java's compiler takes a processor from the first steps. */
  private static final long WARMUP_NANOS = TimeUnit.SECONDS.toNanos(3);

  private static final long MEASURED_NANOS = TimeUnit.SECONDS.toNanos(15);
  private static final int FEWEST_ROUNDS = 5;
  private static final int MOST_ROUNDS = 1000;

  /**
   * Times in milliseconds.
   *
   * @param spread of single steps
   * @param mean of all: what a step costs whose work is not the same every time
   */
  record Result(Spread spread, double mean) {}

  /** Bytes that the weights and the states of all optimisers take. */
  long bytes(Tensors tensors) {
    return tensors.parameters() * (Weights.BYTES + (long) names.size() * StepUnderTest.STATE_BYTES);
  }

  /**
   * Measures for some twenty seconds, longer if five rounds take longer.
   *
   * @param tensors the weights
   * @return results by name, in their order
   */
  Map<String, Result> measure(Tensors tensors) {
    System.err.printf("%s: %s ...%n", tensors.description(), String.join(", ", names));
    Map<String, StepUnderTest> steps = new LinkedHashMap<>();
    try (Weights weights = new Weights(backend, tensors)) {
      try {
        names.forEach(n -> steps.put(n, StepUnderTest.of(n, weights, Kernels.AUTO)));
        rounds(steps, weights, 2, WARMUP_NANOS);
        return rounds(steps, weights, FEWEST_ROUNDS, MEASURED_NANOS);
      } finally {
        steps.values().forEach(StepUnderTest::close);
      }
    }
  }

  private static Map<String, Result> rounds(
      Map<String, StepUnderTest> steps, Weights weights, int fewest, long nanos) {
    Map<String, List<Double>> times = new LinkedHashMap<>();
    long begin = System.nanoTime();
    for (int round = 0;
        round < fewest || (round < MOST_ROUNDS && System.nanoTime() - begin < nanos);
        round++) {
      steps.forEach(
          (name, step) -> {
            weights.setGradients();
            long start = System.nanoTime();
            step.run();
            weights.await();
            double time = (System.nanoTime() - start) * 1e-6;
            times.computeIfAbsent(name, n -> new ArrayList<>()).add(time);
          });
    }
    Map<String, Result> results = new LinkedHashMap<>();
    times.forEach((name, each) -> results.put(name, result(each)));
    return results;
  }

  private static Result result(List<Double> times) {
    double[] sorted = times.stream().mapToDouble(Double::doubleValue).sorted().toArray();
    return new Result(Spread.ofSorted(sorted), Arrays.stream(sorted).average().orElseThrow());
  }
}
