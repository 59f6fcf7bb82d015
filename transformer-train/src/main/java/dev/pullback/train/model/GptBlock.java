package dev.pullback.train.model;

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
import ai.djl.training.initializer.Initializer;
import dev.pullback.optim.Kernels;
import java.util.Map;
import java.util.Optional;

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
  NDList programInputs(NDArray tokens, long start, boolean training) {
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
  NDArray portable(Map<String, NDArray> weights, NDArray tokens, boolean training, KeyValues seen) {
    return new Pass(weights, tokens, training, seen).logits();
  }

  /** One portable forward pass. */
  private final class Pass extends PortablePass {

    Pass(Map<String, NDArray> weights, NDArray tokens, boolean training, KeyValues seen) {
      super(GptBlock.this, weights, tokens, training, seen);
    }

    NDArray logits() {
      NDArray wte = weight("wte");
      NDArray positions = weight("wpe").get("{}:{}", start, start + time);
      NDArray x = dropout(embed(wte).add(positions));
      for (int i = 0; i < config.layers(); i++) {
        String layer = "h." + i;
        x = x.add(attention(layer + ".attn", i, norm(layer + ".ln1", x)));
        x = x.add(mlp(layer + ".mlp", norm(layer + ".ln2", x)));
      }
      x = norm("ln_f", x);
      return config.tiedHead() ? Linear.linear(x, wte).singletonOrThrow() : project("head", x);
    }

    private NDArray embed(NDArray table) {
      return Embedding.embedding(tokens, table, SparseFormat.DENSE).singletonOrThrow();
    }

    private NDArray attention(String name, int layer, NDArray x) {
      NDArray joined =
          fused(name + ".qkv", x)
              .orElseGet(
                  () -> {
                    NDList qkv = project(name + ".qkv", x).split(3, 2);
                    return mix(
                        layer,
                        heads(qkv.get(0)),
                        heads(qkv.get(1)),
                        heads(qkv.get(2)),
                        this::dropout);
                  });
      return dropout(project(name + ".proj", joined));
    }

    /** The engine's own attention, where nothing is to be remembered. */
    private Optional<NDArray> fused(String name, NDArray x) {
      return remembers()
          ? Optional.empty()
          : engine.fusedSelfAttention(
              x, weight(name + ".weight"), bias(name), config.heads(), mask, this::dropout);
    }

    /** (batch, time, width) to (batch, time, heads, head width). */
    private NDArray heads(NDArray x) {
      return x.reshape(new Shape(batch, time, config.heads(), config.width() / config.heads()));
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
  }
}
