package dev.pullback.bench;

import ai.djl.ndarray.types.Shape;
import dev.pullback.optim.Kernels;
import dev.pullback.train.config.DeviceChoice;
import dev.pullback.train.config.TrainingEngine;
import dev.pullback.train.data.TokenBatch;
import dev.pullback.train.data.TokenStream;
import dev.pullback.train.model.Gelu;
import dev.pullback.train.model.GptConfig;
import dev.pullback.train.model.Initialization;
import dev.pullback.train.model.LanguageModelConfig;
import dev.pullback.train.model.LlamaConfig;
import dev.pullback.train.model.Precision;
import dev.pullback.train.model.TokenCrossEntropy;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
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
 * A whole training step of a GPT or a Llama with AdamW: gathering the batch, forward, backward,
 * optimiser, and the loss read back, so that no engine has work left. The vocabulary is
 * TinyShakespeare's, 65.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 5)
@Measurement(iterations = 7, time = 5)
public class GptStepBench {

  private static final int VOCABULARY = 65;

  /** Models with their batches. */
  public enum Size {
    /** The preset {@code nanogpt-cpu}. */
    NANOGPT_CPU(4, 4, 128, 64, 12),
    /** The 6-layer model of the preset {@code nanogpt}, with a batch that a CPU can bear. */
    SIX_LAYERS(6, 6, 384, 256, 8),
    /** The preset {@code nanollama-cpu}. */
    NANOLLAMA_CPU(4, 4, 128, 64, 12, 2, 344),
    /** A Llama with as many weights as {@code SIX_LAYERS}, a third of the heads for keys. */
    SIX_LAYER_LLAMA(6, 6, 384, 256, 8, 2, 1024);

    private final int layers;
    private final int heads;
    private final int width;
    private final int context;
    private final int batch;
    private final int kvHeads;
    private final int inner;

    Size(int layers, int heads, int width, int context, int batch) {
      this(layers, heads, width, context, batch, 0, 0);
    }

    Size(int layers, int heads, int width, int context, int batch, int kvHeads, int inner) {
      this.kvHeads = kvHeads;
      this.inner = inner;
      this.layers = layers;
      this.heads = heads;
      this.width = width;
      this.context = context;
      this.batch = batch;
    }

    boolean isLlama() {
      return inner > 0;
    }

    String description() {
      return "%s%d layers, width %d, context %d, batch %d"
          .formatted(isLlama() ? "Llama, " : "", layers, width, context, batch);
    }

    int tokens() {
      return batch * context;
    }

    /** The size as the Python twin takes it. */
    List<String> arguments() {
      int steps = width == 128 ? 80 : 10;
      String llama = isLlama() ? " --kv-heads %d --inner %d".formatted(kvHeads, inner) : "";
      return List.of(
          ("--layers %d --heads %d --width %d --context %d --batch %d --steps %d"
                      .formatted(layers, heads, width, context, batch, steps)
                  + llama)
              .split(" ", -1));
    }

    LanguageModelConfig config() {
      if (isLlama()) {
        return new LlamaConfig(
            VOCABULARY,
            context,
            layers,
            heads,
            kvHeads,
            width / heads,
            width,
            inner,
            0,
            1e4,
            null,
            true,
            false,
            1e-5,
            Initialization.GPT2);
      }
      return new GptConfig(
          VOCABULARY,
          context,
          layers,
          heads,
          width,
          0,
          true,
          false,
          Gelu.ERF,
          1e-5,
          Initialization.GPT2);
    }
  }

  /** How steps are computed. */
  public enum Path {
    /** NDArray operations on PyTorch. */
    PORTABLE(TrainingEngine.PYTORCH, Kernels.PORTABLE, Precision.FLOAT32),
    /** Native programs on PyTorch. */
    NATIVE(TrainingEngine.PYTORCH, Kernels.NATIVE, Precision.FLOAT32),
    /** Native programs with bfloat16 linear layers. */
    MIXED(TrainingEngine.PYTORCH, Kernels.NATIVE, Precision.MIXED),
    /** NDArray operations on MXNet. */
    MXNET(TrainingEngine.MXNET, Kernels.PORTABLE, Precision.FLOAT32);

    private final TrainingEngine engine;
    private final Kernels kernels;
    private final Precision precision;

    Path(TrainingEngine engine, Kernels kernels, Precision precision) {
      this.engine = engine;
      this.kernels = kernels;
      this.precision = precision;
    }
  }

  /** How steps are computed. */
  @Param public Path path;

  /** The model. */
  @Param public Size size;

  /** Where. */
  @Param("auto")
  public String device;

  private TokenStream stream;
  private AdamWStep training;
  private Random random;

  /** Creates model, optimiser and a random token stream. */
  @Setup
  public void create() {
    path.engine.load(0);
    random = new Random(1);
    stream = TokenStream.of(random.ints(100_000, 0, VOCABULARY).toArray());
    training =
        new AdamWStep(
            DeviceChoice.of(device).on(path.engine),
            size.config().newBlock(1, path.kernels, path.precision),
            new Shape(1, size.context),
            path.kernels,
            new TokenCrossEntropy());
  }

  /** Prints the peak of the process' memory where the system tells it, and frees everything. */
  @TearDown
  public void close() throws IOException {
    java.nio.file.Path status = java.nio.file.Path.of("/proc/self/status");
    if (Files.exists(status)) {
      try (Stream<String> lines = Files.lines(status)) {
        lines.filter(line -> line.startsWith("VmHWM")).forEach(System.out::println);
      }
    }
    training.close();
  }

  /**
   * One step.
   *
   * @return the loss
   */
  @Benchmark
  public double step() {
    return training.run(
        manager -> {
          long[] starts =
              random
                  .ints(size.batch, 0, (int) stream.length() - size.context)
                  .asLongStream()
                  .toArray();
          TokenBatch batch = TokenBatch.gather(manager, stream, starts, size.context);
          return new AdamWStep.Batch(batch.inputs(), batch.targets());
        });
  }
}
