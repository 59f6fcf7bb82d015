package dev.pullback.train.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.pullback.engine.Program;
import dev.pullback.optim.Kernels;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A GPT as the engine's program.
 *
 * @param program {@code gpt.py}
 * @param config the model's shape
 * @param precision the number formats
 */
record NativeGpt(Program program, GptConfig config, Precision precision) {

  /**
   * Finds the program.
   *
   * @return the program; empty where the portable path is to be taken
   * @throws IllegalStateException if it is asked for, or mixed precision needs it, and there is
   *     none
   */
  static Optional<NativeGpt> find(
      NDArray tokens, GptConfig config, Kernels kernels, Precision precision) {
    return NativeKernels.find(tokens, "gpt", "GPT", kernels, precision)
        .map(found -> new NativeGpt(found, config, precision));
  }

  /** Returns the logits (batch, time, vocabulary); gradients flow through. */
  NDArray forward(NDArray tokens, NDList weights, boolean training) {
    return program.forward(List.of(inputs(tokens, training), weights));
  }

  /**
   * Continues a sequence.
   *
   * @param tokens (1, time), what comes after {@code start} tokens that the caches hold
   * @param keys one cache per layer, (1, heads, context, head width), changed
   * @param values likewise
   * @return the logits after the last token
   */
  float[] decode(NDArray tokens, NDList weights, NDList keys, NDList values, int start) {
    double[] wide =
        program.run(
            "decode",
            Map.of(
                "inputs", inputs(tokens, false),
                "weights", weights,
                "keys", keys,
                "values", values,
                "start", (long) start));
    float[] logits = new float[wide.length];
    for (int i = 0; i < wide.length; i++) {
      logits[i] = (float) wide[i];
    }
    return logits;
  }

  private NDList inputs(NDArray tokens, boolean training) {
    NDManager manager = tokens.getManager();
    long[] shape = {
      config.layers(),
      config.heads(),
      flag(config.tiedHead()),
      flag(config.bias()),
      flag(config.gelu() == Gelu.TANH),
      flag(precision == Precision.MIXED)
    };
    double[] rates = {training ? config.dropout() : 0, config.layerNormEps()};
    return new NDList(
        tokens,
        manager.create(shape, new Shape(shape.length)),
        manager.create(rates, new Shape(rates.length)));
  }

  private static long flag(boolean value) {
    return value ? 1 : 0;
  }
}
