package dev.pullback.bench;

import ai.djl.Model;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.ParameterStore;
import dev.pullback.optim.Kernels;
import dev.pullback.train.config.DeviceChoice;
import dev.pullback.train.config.TrainingEngine;
import dev.pullback.train.model.CachedDecoder;
import dev.pullback.train.model.GptBlock;
import dev.pullback.train.model.Precision;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Sampling 256 tokens, the most probable each, from the 6-layer model. {@code portable} and {@code
 * native} keep keys and values; {@code native-anew} is the native program without what it keeps.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(1)
@Warmup(iterations = 1)
@Measurement(iterations = 3)
public class SampleBench {

  private static final int TOKENS = 256;

  /** How tokens are computed. */
  @Param({"portable", "native-anew", "native"})
  public String way;

  /** Where. */
  @Param("auto")
  public String device;

  private Model model;
  private GptBlock block;
  private ParameterStore store;

  /** Creates the model. */
  @Setup
  public void create() {
    TrainingEngine.PYTORCH.load(0);
    model = DeviceChoice.of(device).on(TrainingEngine.PYTORCH).newModel("gpt");
    NDManager manager = model.getNDManager();
    Kernels kernels = way.equals("portable") ? Kernels.PORTABLE : Kernels.NATIVE;
    block = new GptBlock(GptStepBench.Size.SIX_LAYERS.config(), 1, kernels, Precision.FLOAT32);
    model.setBlock(block);
    block.initialize(manager, DataType.FLOAT32, new Shape(1, block.config().context()));
    store = new ParameterStore(manager, false);
  }

  /** Frees everything. */
  @TearDown
  public void close() {
    model.close();
  }

  /**
   * Samples.
   *
   * @return the tokens
   */
  @Benchmark
  public long[] sample() {
    long[] tokens = new long[TOKENS + 1];
    CachedDecoder decoder = new CachedDecoder(block, store, model.getNDManager());
    for (int length = 1; length <= TOKENS; length++) {
      boolean whole = length == 1 || way.equals("native-anew");
      float[] logits = decoder.append(Arrays.copyOfRange(tokens, whole ? 0 : length - 1, length));
      for (int i = 1; i < logits.length; i++) {
        if (logits[i] > logits[(int) tokens[length]]) {
          tokens[length] = i;
        }
      }
      if (way.equals("native-anew")) {
        decoder.close();
        decoder = new CachedDecoder(block, store, model.getNDManager());
      }
    }
    decoder.close();
    return tokens;
  }
}
