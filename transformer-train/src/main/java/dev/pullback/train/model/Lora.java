package dev.pullback.train.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.pullback.engine.EngineSupport;
import dev.pullback.engine.SafetensorsReader;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Adapters of low rank: of a matrix W, [fan-out, fan-in], that stays as it is, W + (alpha / rank) ·
 * B · A is computed with, where A, [rank, fan-in], and B, [fan-out, rank], are trained. B is 0 at
 * the beginning, so that a model begins as it was.
 *
 * @param rank columns of B, at least 1
 * @param alpha by which, divided by the rank, the product is multiplied; above 0
 * @param targets the matrices that have adapters
 * @see <a href="https://arxiv.org/abs/2106.09685">Hu et al., LoRA (2021), section 4.1</a>
 */
public record Lora(int rank, double alpha, Targets targets) {

  private static final String WEIGHT = ".weight";
  private static final String A = ".lora_a";
  private static final String B = ".lora_b";

  /** Which matrices of the layers have adapters. */
  public enum Targets {
    /** Those of attention: queries, keys, values and what follows the heads. */
    ATTENTION("attn"),
    /** Those of the MLPs. */
    MLP("mlp"),
    /** Both. */
    ALL("attn|mlp");

    private final String parts;

    Targets(String parts) {
      this.parts = parts;
    }

    private boolean include(String name) {
      return name.matches(".*\\.(%s)\\..*".formatted(parts));
    }
  }

  /**
   * Checks the ranges.
   *
   * @throws IllegalArgumentException if a number is out of range; the message names it
   */
  public Lora {
    if (rank < 1) {
      throw new IllegalArgumentException("lora must be at least 1, but is " + rank);
    }
    if (!(alpha > 0 && alpha < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException("lora-alpha must be above 0, but is " + alpha);
    }
  }

  /**
   * Returns the factor of the product.
   *
   * @return alpha / rank
   */
  public double scale() {
    return alpha / rank;
  }

  /**
   * Tells whether a parameter has adapters.
   *
   * @param name its path
   * @return whether it is a matrix of a layer that is among the targets
   */
  public boolean adapts(String name) {
    return name.endsWith(WEIGHT) && targets.include(name);
  }

  /**
   * Names the matrix A of a parameter.
   *
   * @param name the parameter's path
   * @return the path of A
   */
  public static String a(String name) {
    return name.substring(0, name.length() - WEIGHT.length()) + A;
  }

  /**
   * Names the matrix B of a parameter.
   *
   * @param name the parameter's path
   * @return the path of B
   */
  public static String b(String name) {
    return name.substring(0, name.length() - WEIGHT.length()) + B;
  }

  static boolean isAdapter(String name) {
    return name.endsWith(A) || name.endsWith(B);
  }

  /** Returns what is computed with in the place of some weights, in their order. */
  Map<String, NDArray> applied(Map<String, NDArray> weights) {
    Map<String, NDArray> applied = new LinkedHashMap<>();
    weights.forEach(
        (name, weight) -> {
          if (adapts(name)) {
            applied.put(name, adapted(weight, weights.get(a(name)), weights.get(b(name))));
          } else if (!isAdapter(name)) {
            applied.put(name, weight);
          }
        });
    return applied;
  }

  private NDArray adapted(NDArray weight, NDArray a, NDArray b) {
    try (NDArray product = b.matMul(EngineSupport.of(a).multiply(a, scale()))) {
      return weight.add(product);
    }
  }

  /**
   * Adds to a weight what the adapters of a file make of it, computed in float64.
   *
   * @param reader the file, which has the adapters
   * @param name the weight's path
   * @param weight the weight, of float32; closed if another is returned
   * @return a new array, or the weight itself if it has no adapters
   * @throws IOException if the file cannot be read
   */
  public NDArray merged(SafetensorsReader reader, String name, NDArray weight) throws IOException {
    if (!adapts(name)) {
      return weight;
    }
    NDManager manager = weight.getManager();
    try (weight;
        NDManager temporary = manager.newSubManager()) {
      NDArray a = reader.read(a(name), temporary).toType(DataType.FLOAT64, true);
      NDArray b = reader.read(b(name), temporary).toType(DataType.FLOAT64, true);
      NDArray wide = weight.toType(DataType.FLOAT64, true);
      wide.attach(temporary);
      NDArray merged = wide.add(b.matMul(a.mul(scale()))).toType(DataType.FLOAT32, true);
      merged.attach(manager);
      return merged;
    }
  }

  /** Returns the shapes of A and B by their paths; nothing if the weight has no adapters. */
  Map<String, Shape> shapes(String name, Shape weight) {
    Map<String, Shape> shapes = new LinkedHashMap<>();
    if (!adapts(name)) {
      return shapes;
    }
    shapes.put(a(name), new Shape(rank, weight.get(1)));
    shapes.put(b(name), new Shape(weight.get(0), rank));
    return shapes;
  }
}
