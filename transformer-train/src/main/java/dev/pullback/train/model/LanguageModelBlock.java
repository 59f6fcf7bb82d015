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
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

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

  /** Null where all weights are trained. */
  private Lora lora;

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

  /**
   * Freezes all weights and gives some of them adapters, which are trained instead. To be called
   * once, before the weights are initialised.
   *
   * @param adapters which
   */
  public final void adapt(Lora adapters) {
    lora = adapters;
    for (Map.Entry<String, Parameter> named : List.copyOf(parameters.entrySet())) {
      named.getValue().freeze(true);
      String name = named.getKey();
      if (adapters.adapts(name)) {
        Shape shape = named.getValue().getShape();
        String a = Lora.a(name);
        long fanIn = shape.get(1);
        add(
            a,
            Parameter.Type.WEIGHT,
            new UniformInitializer(seed, a, 1 / Math.sqrt((double) fanIn)),
            adapters.rank(),
            fanIn);
        add(Lora.b(name), Parameter.Type.WEIGHT, Initializer.ZEROS, shape.get(0), adapters.rank());
      }
    }
  }

  /**
   * Counts the weights that have adapters. A pass has a second copy of them, whose gradients all
   * wait for its end.
   *
   * @return their elements
   */
  public final long adaptedCount() {
    return parameters.entrySet().stream()
        .filter(named -> lora != null && lora.adapts(named.getKey()))
        .mapToLong(named -> named.getValue().getShape().size())
        .sum();
  }

  /**
   * Estimates the floating-point operations of training on a token that {@link
   * LanguageModelConfig#flopsPerToken} counts and adapters save: 2 for each weight that is
   * multiplied and has no gradient. Adapters themselves cost few.
   *
   * @return the operations
   */
  public final double frozenFlopsPerToken() {
    Set<String> tables = config.tiedHead() ? Set.of("wpe") : Set.of("wpe", "wte");
    return parameters.entrySet().stream()
        .filter(named -> lora != null && !lora.adapts(named.getKey()))
        .filter(named -> !named.getValue().requiresGradient() && !tables.contains(named.getKey()))
        .filter(named -> named.getValue().getShape().dimension() == 2)
        .mapToDouble(named -> 2.0 * named.getValue().getShape().size())
        .sum();
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
    Map<String, NDArray> weights = weights(store, tokens.getDevice(), training);
    NDArray logits =
        program(tokens)
            .map(p -> p.forward(tokens, new NDList(weights.values()), training))
            .orElseGet(() -> portable(weights, tokens, training, null));
    return new NDList(logits);
  }

  /**
   * Computes the logits of tokens (batch, time) by operations that every engine has; see {@link
   * PortablePass}.
   *
   * @param weights what {@link #weights} returned
   * @param seen what came before, which the tokens are added to; null for nothing
   */
  abstract NDArray portable(
      Map<String, NDArray> weights, NDArray tokens, boolean training, KeyValues seen);

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

  /** Returns what a pass computes with, in the block's order: all weights, adapters added up. */
  final Map<String, NDArray> weights(ParameterStore store, Device device, boolean training) {
    Map<String, NDArray> weights = new LinkedHashMap<>();
    parameters.forEach(
        (name, parameter) -> weights.put(name, store.getValue(parameter, device, training)));
    return lora == null ? weights : lora.applied(weights);
  }
}
