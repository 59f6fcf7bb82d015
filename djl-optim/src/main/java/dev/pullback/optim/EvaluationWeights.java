package dev.pullback.optim;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import dev.pullback.engine.EngineSupport;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The weights that are trained, while the model holds the average. */
final class EvaluationWeights {

  private final List<BoundModel.Named> parameters;
  private final Map<String, NDArray> trained = new LinkedHashMap<>();

  EvaluationWeights(OptimizerState state, BoundModel model) {
    this.parameters = state.withEntry(model);
    for (BoundModel.Named named : parameters) {
      NDArray weight = named.array();
      NDArray copy = weight.duplicate();
      copy.attach(state.manager(weight));
      NDScope.unregister(copy);
      trained.put(named.path(), copy);
      Map<String, NDArray> arrays = state.entries().get(named.path()).arrays();
      EngineSupport.of(weight).load(weight, arrays.get(WeightAveraging.AVERAGE));
    }
  }

  /** Returns a weight as it is trained. */
  NDArray trained(BoundModel.Named named) {
    return trained.getOrDefault(named.path(), named.array());
  }

  /** Puts the weights back that are trained. */
  void putBack() {
    for (BoundModel.Named named : parameters) {
      try (NDArray weight = trained.remove(named.path())) {
        if (weight != null) {
          EngineSupport.of(weight).load(named.array(), weight);
        }
      }
    }
  }
}
