package dev.pullback.bench;

import java.util.Map;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;
import org.openjdk.jmh.util.Statistics;

/** One JMH benchmark with one set of parameters in a process of its own, for a few seconds. */
final class ShortRun {

  private ShortRun() {}

  /**
   * Measures.
   *
   * @param benchmark the class
   * @param warmups three seconds each before that; steps of few milliseconds want several, as
   *     Java's compiler takes a processor from them
   * @param iterations how often to measure, two seconds each
   * @param parameters values of its parameters
   * @return milliseconds of one operation
   */
  static Spread milliseconds(
      Class<?> benchmark, int warmups, int iterations, Map<String, String> parameters)
      throws RunnerException {
    System.err.printf("%s %s ...%n", benchmark.getSimpleName(), parameters);
    ChainedOptionsBuilder options =
        new OptionsBuilder()
            .include("\\." + benchmark.getSimpleName() + "\\.")
            .verbosity(VerboseMode.SILENT)
            .jvmArgs("-XX:+UseSerialGC", "-Xmn32m")
            .warmupIterations(warmups)
            .warmupTime(TimeValue.seconds(3))
            .measurementTime(TimeValue.seconds(2))
            .measurementIterations(iterations)
            .shouldFailOnError(true);
    parameters.forEach(options::param);
    RunResult result = new Runner(options.build()).runSingle();
    Statistics statistics = result.getPrimaryResult().getStatistics();
    boolean many = statistics.getN() >= 20;
    double low = many ? statistics.getPercentile(5) : statistics.getMin();
    double high = many ? statistics.getPercentile(95) : statistics.getMax();
    return new Spread(statistics.getPercentile(50), low, high);
  }
}
