package dev.pullback.optim;

import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** What a test opens; JUnit closes it at the end of the test through {@code @AutoClose}. */
final class Resources implements AutoCloseable {

  private final NDManager manager = NDManager.newBaseManager();
  private final List<StepOptimizer> optimizers = new ArrayList<>();

  NDManager manager() {
    return manager;
  }

  /** A block with a matrix, a vector and a scalar. */
  TensorsBlock block(DataType type) {
    return TensorsBlock.ofEachRank(manager, type);
  }

  StepOptimizer optimizer(TensorsBlock block, String name, Map<String, Double> hyperparameters) {
    return optimizer(block, Optimizers.builder(name, hyperparameters));
  }

  StepOptimizer optimizer(TensorsBlock block, StepOptimizerBuilder<?> builder) {
    StepOptimizer optimizer = unbound(builder);
    optimizer.bind(block);
    return optimizer;
  }

  StepOptimizer unbound(StepOptimizerBuilder<?> builder) {
    StepOptimizer optimizer = builder.build();
    optimizers.add(optimizer);
    return optimizer;
  }

  static void assertSays(Throwable error, String... parts) {
    for (String part : parts) {
      assertTrue(
          String.valueOf(error.getMessage()).contains(part),
          () -> "'" + part + "' is not in: " + error.getMessage());
    }
  }

  @Override
  public void close() {
    optimizers.forEach(StepOptimizer::close);
    manager.close();
  }
}
