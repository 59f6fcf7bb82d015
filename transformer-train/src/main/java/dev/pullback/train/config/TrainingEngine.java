package dev.pullback.train.config;

import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import ai.djl.util.Utils;
import com.fasterxml.jackson.annotation.JsonProperty;
import dev.pullback.engine.GlibcAllocator;
import dev.pullback.optim.Kernels;
import dev.pullback.train.FailureReason;
import dev.pullback.train.InputException;
import dev.pullback.train.model.Precision;

/** The engines that can train. */
public enum TrainingEngine {
  /** libtorch; always there. */
  @JsonProperty("PyTorch")
  PYTORCH("PyTorch") {
    @Override
    void setThreads(int threads) {
      if (threads > 0) {
        System.setProperty("ai.djl.pytorch.num_threads", Integer.toString(threads));
      }
    }
  },
  /** Apache MXNet, on the CPU; its libraries are a choice. */
  @JsonProperty("MXNet")
  MXNET("MXNet") {
    @Override
    void setThreads(int threads) {
      String wanted = Integer.toString(threads);
      if (threads > 0 && !wanted.equals(System.getenv(MXNET_THREADS))) {
        throw new InputException(
            "MXNet takes its number of threads from the environment: set %s=%s and leave out"
                    .formatted(MXNET_THREADS, wanted)
                + " --threads");
      }
    }
  };

  private static final String MXNET_THREADS = "OMP_NUM_THREADS";

  private final String djlName;

  TrainingEngine(String djlName) {
    this.djlName = djlName;
  }

  /** More than any machine has; a run may be read on another machine than it was made on. */
  private static final int MOST_THREADS = 1024;

  /** Settles what the engine reads once, when it is loaded. */
  abstract void setThreads(int threads);

  /**
   * Checks that the engine can compute as asked.
   *
   * @param kernels programs or NDArray operations
   * @param precision number formats
   * @throws InputException if it cannot
   */
  public void check(Kernels kernels, Precision precision) {
    if (precision == Precision.MIXED && (this != PYTORCH || kernels == Kernels.PORTABLE)) {
      throw new InputException(
          "mixed precision needs the native kernels of PyTorch; use --precision float32 with %s"
              .formatted(this == PYTORCH ? "--kernels portable" : "--engine " + this));
    }
    if (kernels == Kernels.NATIVE && this != PYTORCH) {
      throw new InputException(
          "%s has no native kernels; use --kernels auto or portable".formatted(this));
    }
  }

  /**
   * Checks a number of threads.
   *
   * @param name what the person calls it
   * @param threads at least 1, or 0 for one per core
   * @throws InputException if no machine has so many
   */
  static void checkThreads(String name, int threads) {
    InputException.atLeast(name, threads, 0);
    InputException.atMost(name, threads, MOST_THREADS);
  }

  /**
   * Loads the engine; to be called before its first array exists.
   *
   * @param threads threads per operation, or 0 for the engine's own choice
   * @throws InputException if the engine is not installed, cannot be loaded, or cannot have so many
   *     threads
   */
  public void load(int threads) {
    checkThreads("threads", threads);
    if (!Engine.hasEngine(djlName)) {
      throw new InputException(
          "%s is not installed: start with ./pullback, which adds it, or build with './mvnw -Pmxnet"
                  .formatted(djlName)
              + " -DskipTests package'");
    }
    setThreads(threads);
    // For those who start the jar without the launcher.
    GlibcAllocator.keepFreedMemory();
    try {
      Engine.getEngine(djlName);
    } catch (EngineException e) {
      throw new InputException(
          "%s cannot be loaded on this machine: %s; its libraries go to %s, which DJL_CACHE_DIR sets"
              .formatted(djlName, FailureReason.ofRoot(e), Utils.getEngineCacheDir()),
          e);
    }
  }

  /** Returns DJL's name of the engine. */
  @Override
  public String toString() {
    return djlName;
  }
}
