package dev.pullback.train.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import ai.djl.ndarray.types.SparseFormat;
import ai.djl.nn.Activation;
import ai.djl.nn.Parameter;
import ai.djl.nn.core.Embedding;
import ai.djl.nn.core.Linear;
import ai.djl.training.initializer.Initializer;
import dev.pullback.engine.EngineSupport;
import dev.pullback.optim.Kernels;
import java.util.Map;

/**
 * Llama: token embeddings, pre-RMS-norm layers of causal self-attention with rotary positions and a
 * SwiGLU MLP, a final norm and a linear head. Several heads of queries may share one of keys and
 * values. With biases it is Qwen2, with a window Mistral.
 *
 * @see <a href="https://arxiv.org/abs/2302.13971">Touvron et al., LLaMA (2023), section 2.2</a>
 * @see <a href="https://arxiv.org/abs/2305.13245">Ainslie et al., GQA (2023)</a>
 * @see <a href="https://arxiv.org/abs/2310.06825">Jiang et al., Mistral 7B (2023)</a>
 */
public final class LlamaBlock extends LanguageModelBlock {

  private final LlamaConfig config;
  private final Rotary rotary;

  /**
   * Creates the block; its weights are drawn when it is initialised.
   *
   * @param config the shape
   * @param seed where the initial weights come from
   * @param kernels how passes are computed
   * @param precision in which number formats
   */
  @SuppressWarnings("this-escape")
  public LlamaBlock(LlamaConfig config, long seed, Kernels kernels, Precision precision) {
    super(config, seed, kernels, precision);
    this.config = config;
    rotary = new Rotary(config.headWidth(), config.rotaryBase(), config.rotaryScaling());
    int width = config.width();
    long queries = (long) config.heads() * config.headWidth();
    long keys = (long) config.kvHeads() * config.headWidth();
    embedding("wte", config.vocabulary());
    for (int i = 0; i < config.layers(); i++) {
      String layer = "h." + i;
      norm(layer + ".ln1");
      linear(layer + ".attn.q", queries, width, false, config.bias());
      linear(layer + ".attn.k", keys, width, false, config.bias());
      linear(layer + ".attn.v", keys, width, false, config.bias());
      linear(layer + ".attn.proj", width, queries, true, false);
      norm(layer + ".ln2");
      linear(layer + ".mlp.gate", config.inner(), width, false, false);
      linear(layer + ".mlp.up", config.inner(), width, false, false);
      linear(layer + ".mlp.proj", width, config.inner(), true, false);
    }
    norm("ln_f");
    if (!config.tiedHead()) {
      linear("head", config.vocabulary(), width, false, false);
    }
  }

  private void norm(String name) {
    add(name + ".weight", Parameter.Type.GAMMA, Initializer.ONES, config.width());
  }

  @Override
  public LlamaConfig config() {
    return config;
  }

  @Override
  String programName() {
    return "llama";
  }

  @Override
  NDList programInputs(NDArray tokens, long start, boolean training) {
    NDManager manager = tokens.getManager();
    long[] shape = {
      config.layers(),
      config.heads(),
      config.kvHeads(),
      flag(config.tiedHead()),
      flag(config.bias()),
      flag(precision() == Precision.MIXED),
      config.reach()
    };
    NDList inputs =
        new NDList(
            tokens,
            manager.create(shape, new Shape(shape.length)),
            manager.create(new double[] {config.normEps()}, new Shape(1)));
    return inputs.addAll(rotary.tables(manager, start, tokens.getShape().get(1)));
  }

  @Override
  NDArray portable(Map<String, NDArray> weights, NDArray tokens, boolean training, KeyValues seen) {
    return new Pass(weights, tokens, training, seen).logits();
  }

  /** One portable forward pass. */
  private final class Pass extends PortablePass {

    private final NDArray cosines;
    private final NDArray sines;

    Pass(Map<String, NDArray> weights, NDArray tokens, boolean training, KeyValues seen) {
      super(LlamaBlock.this, weights, tokens, training, seen);
      NDList tables = rotary.tables(manager, start, time);
      cosines = tables.get(0).expandDims(1);
      sines = tables.get(1).expandDims(1);
    }

    NDArray logits() {
      NDArray wte = weight("wte");
      NDArray x = Embedding.embedding(tokens, wte, SparseFormat.DENSE).singletonOrThrow();
      for (int i = 0; i < config.layers(); i++) {
        String layer = "h." + i;
        x = x.add(attention(layer + ".attn", i, norm(layer + ".ln1", x)));
        x = x.add(mlp(layer + ".mlp", norm(layer + ".ln2", x)));
      }
      x = norm("ln_f", x);
      return config.tiedHead() ? Linear.linear(x, wte).singletonOrThrow() : project("head", x);
    }

    private NDArray attention(String name, int layer, NDArray x) {
      NDArray q = turn(heads(biased(name + ".q", x), config.heads()));
      NDArray k = turn(heads(biased(name + ".k", x), config.kvHeads()));
      NDArray v = heads(biased(name + ".v", x), config.kvHeads());
      return project(name + ".proj", mix(layer, q, k, v, a -> a));
    }

    private NDArray heads(NDArray x, int heads) {
      return x.reshape(new Shape(batch, time, heads, config.headWidth()));
    }

    /** Turns the heads by their positions: (batch, time, heads, head width). */
    private NDArray turn(NDArray x) {
      NDList halves = x.split(2, 3);
      NDArray other = halves.get(1).concat(halves.get(0), 3);
      return x.mul(cosines).add(other.mul(sines));
    }

    private NDArray mlp(String name, NDArray x) {
      NDArray gate = project(name + ".gate", x);
      NDArray hidden = Activation.sigmoid(gate).mul(gate).mul(project(name + ".up", x));
      return project(name + ".proj", hidden);
    }

    private NDArray biased(String name, NDArray x) {
      return Linear.linear(
              x, weight(name + ".weight"), config.bias() ? weight(name + ".bias") : null)
          .singletonOrThrow();
    }

    private NDArray project(String name, NDArray x) {
      return Linear.linear(x, weight(name + ".weight")).singletonOrThrow();
    }

    private NDArray norm(String name, NDArray x) {
      EngineSupport engine = EngineSupport.of(x);
      NDArray square = x.mul(x).mean(new int[] {2}, true);
      return x.div(engine.add(square, config.normEps()).sqrt()).mul(weight(name + ".weight"));
    }
  }
}
