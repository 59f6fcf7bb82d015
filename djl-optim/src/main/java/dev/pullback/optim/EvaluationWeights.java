package dev.pullback.optim;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDScope;
import dev.pullback.engine.EngineSupport;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.Map;

/** The weights that are trained, while the model holds the average. */
final class EvaluationWeights {

  private final Collection<BoundModel.Named> parameters;
  private final Map<String, NDArray> trained = new LinkedHashMap<>();

  EvaluationWeights(OptimizerState state, Collection<BoundModel.Named> parameters) {
    this.parameters = parameters;
    for (BoundModel.Named named : parameters) {
      NDArray weight = named.array();
      NDArray copy = weight.duplicate();
      copy.attach(state.manager(weight));
      NDScope.unregister(copy);
      trained.put(named.path(), copy);
      OptimizerState.Entry entry = state.entries().get(named.path());
      if (entry != null) { // a parameter that was never trained has no average
        EngineSupport.of(weight).load(weight, entry.arrays().get(WeightAveraging.AVERAGE));
      }
    }
  }

  /** Returns a weight as it is trained. */
  NDArray trained(String path) {
    return trained.get(path);
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
