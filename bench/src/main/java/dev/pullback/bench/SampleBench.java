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
import dev.pullback.train.model.LanguageModelBlock;
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
 * Sampling tokens, the most probable each. {@code portable} and {@code native} keep keys and
 * values; {@code native-anew} is the native program without what it keeps.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(1)
@Warmup(iterations = 1)
@Measurement(iterations = 3)
public class SampleBench {

  /** How many tokens; more than the context if you like. */
  @Param("256")
  public int tokens;

  /** Which model. */
  @Param("SIX_LAYERS")
  public GptStepBench.Size size;

  /** How tokens are computed. */
  @Param({"portable", "native-anew", "native"})
  public String way;

  /** Where. */
  @Param("auto")
  public String device;

  private Model model;
  private LanguageModelBlock block;
  private ParameterStore store;

  /** Creates the model. */
  @Setup
  public void create() {
    TrainingEngine.PYTORCH.load(0);
    model = DeviceChoice.of(device).on(TrainingEngine.PYTORCH).newModel("gpt");
    NDManager manager = model.getNDManager();
    Kernels kernels = way.equals("portable") ? Kernels.PORTABLE : Kernels.NATIVE;
    block = size.config().newBlock(1, kernels, Precision.FLOAT32);
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
    long[] text = new long[tokens + 1];
    CachedDecoder decoder = new CachedDecoder(block, store, model.getNDManager());
    for (int length = 1; length <= tokens; length++) {
      boolean whole = length == 1 || way.equals("native-anew");
      float[] logits = decoder.append(Arrays.copyOfRange(text, whole ? 0 : length - 1, length));
      for (int i = 1; i < logits.length; i++) {
        if (logits[i] > logits[(int) text[length]]) {
          text[length] = i;
        }
      }
      if (way.equals("native-anew")) {
        decoder.close();
        decoder = new CachedDecoder(block, store, model.getNDManager());
      }
    }
    decoder.close();
    return text;
  }
}
