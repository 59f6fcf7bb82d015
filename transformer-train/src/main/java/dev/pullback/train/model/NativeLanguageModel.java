package dev.pullback.train.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import dev.pullback.engine.Program;
import java.util.List;
import java.util.Map;

/**
 * A language model as the engine's program.
 *
 * @param program such as {@code gpt.py}
 * @param block the model
 */
record NativeLanguageModel(Program program, LanguageModelBlock block) {

  /** Returns the logits (batch, time, vocabulary); gradients flow through. */
  NDArray forward(NDArray tokens, NDList weights, boolean training) {
    return program.forward(List.of(block.programInputs(tokens, 0, training), weights));
  }

  /**
   * Continues sequences.
   *
   * @param tokens (batch, time), what comes after {@code start} tokens that the caches hold
   * @param keys one cache per layer, (batch, heads, slots, head width), changed; a ring if the
   *     sequences are longer
   * @param values likewise
   * @return the logits after the last tokens, sequence by sequence
   */
  float[] decode(NDArray tokens, NDList weights, NDList keys, NDList values, long start) {
    double[] wide =
        program.run(
            "decode",
            Map.of(
                "inputs", block.programInputs(tokens, start, false),
                "weights", weights,
                "keys", keys,
                "values", values,
                "start", start));
    float[] logits = new float[wide.length];
    for (int i = 0; i < wide.length; i++) {
      logits[i] = (float) wide[i];
    }
    return logits;
  }
}
