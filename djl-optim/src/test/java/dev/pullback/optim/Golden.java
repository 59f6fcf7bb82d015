package dev.pullback.optim;

import ai.djl.engine.Engine;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.StreamSupport;

/**
 * Reference numbers from independent implementations. {@code -Dpullback.golden=DIR} reads files of
 * the same names from another folder (relative to the project's root) instead of the bundled ones.
 */
public final class Golden {

  private static final ObjectMapper JSON = new ObjectMapper();

  private Golden() {}

  /** Reads a golden file. */
  public static JsonNode read(String name) {
    String directory = System.getProperty("pullback.golden");
    try {
      if (directory != null) {
        Path root = Path.of(System.getProperty("pullback.root", ""));
        return JSON.readTree(Files.readAllBytes(root.resolve(directory).resolve(name)));
      }
      try (InputStream in = Golden.class.getResourceAsStream("/golden/" + name)) {
        return JSON.readTree(in);
      }
    } catch (IOException e) {
      throw new UncheckedIOException("Cannot read golden file " + name, e);
    }
  }

  /** Returns the kernels that the engine of the tests has; MXNet has the portable ones only. */
  public static List<Kernels> kernels() {
    return Engine.getDefaultEngineName().equals("PyTorch")
        ? List.of(Kernels.PORTABLE, Kernels.NATIVE)
        : List.of(Kernels.PORTABLE);
  }

  /** Returns the optimisers that the engine of the tests can do; MXNet decomposes no matrices. */
  static List<OptimizerSpec> optimizers() {
    return Optimizers.all().stream().filter(spec -> canDo(spec.name())).toList();
  }

  static boolean canDo(String optimizer) {
    return Engine.getDefaultEngineName().equals("PyTorch") || canMxNetDo(optimizer);
  }

  static boolean canMxNetDo(String optimizer) {
    try (StepOptimizer built = Optimizers.builder(optimizer, Map.of()).build()) {
      return !built.needsDecompositions();
    }
  }

  /** Returns the elements of an array node. */
  public static List<JsonNode> list(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false).toList();
  }

  /** Returns all numbers of a node, nested arrays flattened. */
  public static double[] numbers(JsonNode node) {
    List<Double> values = new ArrayList<>();
    collect(node, values);
    return values.stream().mapToDouble(Double::doubleValue).toArray();
  }

  private static void collect(JsonNode node, List<Double> values) {
    if (node.isArray()) {
      node.forEach(child -> collect(child, values));
    } else {
      values.add(node.asDouble());
    }
  }

  /**
   * Returns the largest relative difference, where differences below {@code floor} count as none.
   */
  public static double difference(double[] expected, double[] actual, double floor) {
    if (expected.length != actual.length) {
      throw new AssertionError(expected.length + " numbers expected, " + actual.length + " found");
    }
    double worst = 0;
    for (int i = 0; i < expected.length; i++) {
      double difference = Math.abs(expected[i] - actual[i]);
      if (!(difference <= floor)) {
        double relative = difference / Math.abs(expected[i]);
        worst = Double.isNaN(relative) ? Double.POSITIVE_INFINITY : Math.max(worst, relative);
      }
    }
    return worst;
  }
}
