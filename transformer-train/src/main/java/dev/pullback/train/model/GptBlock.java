package dev.pullback.train.model;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.ndarray.types.SparseFormat;
import ai.djl.nn.Parameter;
import ai.djl.nn.core.Embedding;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.Dropout;
import ai.djl.nn.norm.LayerNorm;
import ai.djl.training.ParameterStore;
import ai.djl.training.initializer.Initializer;
import dev.pullback.engine.EngineSupport;
import dev.pullback.engine.HostValues;
import dev.pullback.optim.Kernels;
import dev.pullback.train.ArrayLength;
import java.util.Arrays;

/**
 * A decoder-only transformer: token and position embeddings, pre-layer-norm layers of causal
 * self-attention and a GELU MLP, a final layer norm and a linear head. The rows of {@code attn.qkv}
 * are queries, then keys, then values.
 *
 * @see <a href="https://github.com/karpathy/nanoGPT">nanoGPT</a>
 */
public final class GptBlock extends LanguageModelBlock {

  private final GptConfig config;

  /**
   * Creates the block with automatic kernels in float32.
   *
   * @param config the shape
   * @param seed where the initial weights come from
   */
  public GptBlock(GptConfig config, long seed) {
    this(config, seed, Kernels.AUTO, Precision.FLOAT32);
  }

  /**
   * Creates the block; its weights are drawn when it is initialised.
   *
   * @param config the shape
   * @param seed where the initial weights come from
   * @param kernels how passes are computed
   * @param precision in which number formats
   */
  @SuppressWarnings("this-escape")
  public GptBlock(GptConfig config, long seed, Kernels kernels, Precision precision) {
    super(config, seed, kernels, precision);
    this.config = config;
    int width = config.width();
    embedding("wte", config.vocabulary());
    embedding("wpe", config.context());
    for (int i = 0; i < config.layers(); i++) {
      String layer = "h." + i;
      layerNorm(layer + ".ln1");
      linear(layer + ".attn.qkv", 3L * width, width, false, config.bias());
      linear(layer + ".attn.proj", width, width, true, config.bias());
      layerNorm(layer + ".ln2");
      linear(layer + ".mlp.fc", 4L * width, width, false, config.bias());
      linear(layer + ".mlp.proj", width, 4L * width, true, config.bias());
    }
    layerNorm("ln_f");
    if (!config.tiedHead()) {
      linear("head", config.vocabulary(), width, false, config.bias());
    }
  }

  @Override
  public GptConfig config() {
    return config;
  }

  private void layerNorm(String name) {
    add(name + ".weight", Parameter.Type.GAMMA, Initializer.ONES, config.width());
    if (config.bias()) {
      add(name + ".bias", Parameter.Type.BETA, Initializer.ZEROS, config.width());
    }
  }

  @Override
  String programName() {
    return "gpt";
  }

  @Override
  NDList programInputs(NDArray tokens, boolean training) {
    NDManager manager = tokens.getManager();
    long[] shape = {
      config.layers(),
      config.heads(),
      flag(config.tiedHead()),
      flag(config.bias()),
      flag(config.gelu() == Gelu.TANH),
      flag(precision() == Precision.MIXED)
    };
    double[] rates = {training ? config.dropout() : 0, config.layerNormEps()};
    return new NDList(
        tokens,
        manager.create(shape, new Shape(shape.length)),
        manager.create(rates, new Shape(rates.length)));
  }

  @Override
  NDArray portable(ParameterStore store, NDArray tokens, boolean training) {
    return new Pass(store, tokens, training).logits();
  }

  /** One portable forward pass. */
  private final class Pass {

    private final ParameterStore store;
    private final NDArray tokens;
    private final boolean training;
    private final Device device;
    private final NDManager manager;
    private final long batch;
    private final long time;
    private final EngineSupport engine;
    private final NDArray mask;

    Pass(ParameterStore store, NDArray tokens, boolean training) {
      this.store = store;
      this.tokens = tokens;
      this.training = training;
      this.device = tokens.getDevice();
      this.manager = tokens.getManager();
      this.batch = tokens.getShape().get(0);
      this.time = tokens.getShape().get(1);
      this.engine = EngineSupport.of(tokens);
      this.mask = causalMask();
    }

    NDArray logits() {
      NDArray wte = weight("wte");
      NDArray positions = weight("wpe").get("0:{}", time);
      NDArray x = dropout(embed(wte).add(positions));
      for (int i = 0; i < config.layers(); i++) {
        String layer = "h." + i;
        x = x.add(attention(layer + ".attn", norm(layer + ".ln1", x)));
        x = x.add(mlp(layer + ".mlp", norm(layer + ".ln2", x)));
      }
      x = norm("ln_f", x);
      return config.tiedHead() ? Linear.linear(x, wte).singletonOrThrow() : project("head", x);
    }

    private NDArray embed(NDArray table) {
      return Embedding.embedding(tokens, table, SparseFormat.DENSE).singletonOrThrow();
    }

    private NDArray attention(String name, NDArray x) {
      NDArray joined =
          engine
              .fusedSelfAttention(
                  x,
                  weight(name + ".qkv.weight"),
                  bias(name + ".qkv"),
                  config.heads(),
                  mask,
                  this::dropout)
              .orElseGet(() -> mix(project(name + ".qkv", x).split(3, 2)));
      return dropout(project(name + ".proj", joined));
    }

    /** Softmax attention: queries, keys and values, each (batch, time, width), to their mixture. */
    private NDArray mix(NDList qkv) {
      double scale = Math.sqrt(config.heads() / (double) config.width());
      NDArray q = engine.multiply(heads(qkv.get(0)), scale);
      NDArray k = heads(qkv.get(1));
      NDArray v = heads(qkv.get(2));
      NDArray scores = q.matMul(k.transpose(0, 1, 3, 2)).add(mask);
      NDArray mixed = dropout(scores.softmax(-1)).matMul(v);
      return mixed.transpose(0, 2, 1, 3).reshape(new Shape(batch, time, config.width()));
    }

    /** (batch, time, width) to (batch, heads, time, head width). */
    private NDArray heads(NDArray x) {
      long headWidth = config.width() / config.heads();
      return x.reshape(new Shape(batch, time, config.heads(), headWidth)).transpose(0, 2, 1, 3);
    }

    private NDArray mlp(String name, NDArray x) {
      NDArray hidden = config.gelu().apply(engine, project(name + ".fc", x));
      return dropout(project(name + ".proj", hidden));
    }

    private NDArray project(String name, NDArray x) {
      return Linear.linear(x, weight(name + ".weight"), bias(name)).singletonOrThrow();
    }

    private NDArray bias(String name) {
      return config.bias() ? weight(name + ".bias") : null;
    }

    private NDArray norm(String name, NDArray x) {
      Shape shape = new Shape(config.width());
      NDArray bias = config.bias() ? weight(name + ".bias") : manager.zeros(shape, x.getDataType());
      return LayerNorm.layerNorm(
              x, shape, weight(name + ".weight"), bias, (float) config.layerNormEps())
          .singletonOrThrow();
    }

    private NDArray dropout(NDArray x) {
      return training && config.dropout() > 0
          ? Dropout.dropout(x, (float) config.dropout(), true).singletonOrThrow()
          : x;
    }

    private NDArray weight(String name) {
      return store.getValue(parameters.get(name), device, training);
    }

    /** (time, time): 0 where a position may look, a number that softmax turns into 0 elsewhere. */
    private NDArray causalMask() {
      float[] values =
          new float
              [ArrayLength.of(
                  "the mask of " + time + " tokens", "lower --context", Float.BYTES, time, time)];
      int n = (int) time;
      for (int row = 0; row < n; row++) {
        Arrays.fill(values, row * n + row + 1, (row + 1) * n, -1e30f);
      }
      return HostValues.on(manager).create(values, new Shape(n, n));
    }
  }
}
