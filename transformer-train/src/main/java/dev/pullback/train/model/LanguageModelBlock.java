package dev.pullback.train.model;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.ParameterStore;
import ai.djl.training.initializer.Initializer;
import ai.djl.util.PairList;
import dev.pullback.optim.Kernels;
import java.util.Optional;

/**
 * A decoder-only language model: what all families have in common.
 *
 * <p>Input: tokens (batch, time), int64, time at most {@link LanguageModelConfig#context}. Output:
 * logits (batch, time, vocabulary). Matrices are stored [fan-out, fan-in].
 *
 * <p>A family adds its parameters in its constructor, computes logits portably in {@link
 * #portable}, and has a program {@code NAME.py} with the methods {@code forward} and {@code
 * decode}; what both take as {@code inputs} is the family's own.
 */
public abstract class LanguageModelBlock extends NamedParameterBlock {

  private final LanguageModelConfig config;
  private final long seed;
  private final Kernels kernels;
  private final Precision precision;

  LanguageModelBlock(LanguageModelConfig config, long seed, Kernels kernels, Precision precision) {
    this.config = config;
    this.seed = seed;
    this.kernels = kernels;
    this.precision = precision;
  }

  /**
   * Returns the shape of the model.
   *
   * @return the configuration
   */
  public LanguageModelConfig config() {
    return config;
  }

  final Precision precision() {
    return precision;
  }

  /** Adds a table of vectors, of the model's width. */
  final void embedding(String name, int rows) {
    double deviation =
        config.initialization() == Initialization.GPT2 ? 0.02 : 1 / Math.sqrt(config.width());
    add(
        name,
        Parameter.Type.WEIGHT,
        new SeededInitializer(seed, name, deviation, false),
        rows,
        config.width());
  }

  /** Adds a matrix; {@code endsResidual} if its output is added to the residual stream. */
  final void linear(String name, long fanOut, long fanIn, boolean endsResidual, boolean bias) {
    String weight = name + ".weight";
    boolean gpt2 = config.initialization() == Initialization.GPT2;
    double deviation = gpt2 ? 0.02 : Math.sqrt(1.0 / fanIn);
    if (gpt2 && endsResidual) {
      deviation /= Math.sqrt(2.0 * config.layers());
    }
    add(
        weight,
        Parameter.Type.WEIGHT,
        new SeededInitializer(seed, weight, deviation, !gpt2),
        fanOut,
        fanIn);
    if (bias) {
      add(name + ".bias", Parameter.Type.BIAS, Initializer.ZEROS, fanOut);
    }
  }

  @Override
  public final Shape[] getOutputShapes(Shape[] inputShapes) {
    return new Shape[] {inputShapes[0].add(config.vocabulary())};
  }

  @Override
  protected final NDList forwardInternal(
      ParameterStore store, NDList inputs, boolean training, PairList<String, Object> params) {
    NDArray tokens = inputs.singletonOrThrow();
    long time = tokens.getShape().get(1);
    if (time > config.context()) {
      throw new IllegalArgumentException(
          "A sequence of %d tokens does not fit the context of %d"
              .formatted(time, config.context()));
    }
    NDArray logits =
        program(tokens)
            .map(p -> p.forward(tokens, weights(store, tokens.getDevice(), training), training))
            .orElseGet(() -> portable(store, tokens, training, null));
    return new NDList(logits);
  }

  /**
   * Computes the logits of tokens (batch, time) by operations that every engine has; see {@link
   * PortablePass}.
   *
   * @param seen what came before, which the tokens are added to; null for nothing
   */
  abstract NDArray portable(ParameterStore store, NDArray tokens, boolean training, KeyValues seen);

  /** Returns the name of the family's program. */
  abstract String programName();

  /**
   * Returns what the program takes beside the weights, the tokens first.
   *
   * @param start the position of the first token
   */
  abstract NDList programInputs(NDArray tokens, long start, boolean training);

  static long flag(boolean value) {
    return value ? 1 : 0;
  }

  /** Returns the native program for the engine of an array, if passes are to be computed by it. */
  final Optional<NativeLanguageModel> program(NDArray tokens) {
    return NativeKernels.find(tokens, programName(), programName(), kernels, precision)
        .map(found -> new NativeLanguageModel(found, this));
  }

  /** Returns all weights in the block's order. */
  final NDList weights(ParameterStore store, Device device, boolean training) {
    NDList weights = new NDList(parameters.size());
    for (Parameter parameter : parameters.values()) {
      weights.add(store.getValue(parameter, device, training));
    }
    return weights;
  }
}
