package dev.pullback.train.cli;

/** Settings that the engine reads once, when it is loaded. */
final class EngineSettings {

  private EngineSettings() {}

  /**
   * Applies the settings; to be called before the first array exists.
   *
   * @param threads threads per operation, or 0 for the engine's own choice
   */
  static void apply(int threads) {
    if (threads > 0) {
      System.setProperty("ai.djl.pytorch.num_threads", Integer.toString(threads));
    }
    // The profiling optimiser recompiles for every new shape.
    System.setProperty("ai.djl.pytorch.graph_optimizer", "false");
  }
}
