package dev.pullback.optim;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.NDScope;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The gradients of the loss's components since the last step, by path. */
final class Components {

  private final List<Map<String, NDArray>> gradients = new ArrayList<>();

  /** Keeps copies of the gradients, which {@code owner} then owns. */
  void add(Collection<BoundModel.Named> parameters, NDManager owner) {
    Map<String, NDArray> own = new HashMap<>();
    for (BoundModel.Named named : parameters) {
      try (NDArray gradient = named.array().getGradient()) {
        NDArray copy = gradient.duplicate();
        copy.attach(owner);
        NDScope.unregister(copy);
        own.put(named.path(), copy);
      }
    }
    gradients.add(own);
  }

  int count() {
    return gradients.size();
  }

  /** Throws unless there are as many components as the optimiser was built for. */
  void require(int wanted, long step) {
    if (wanted == 1 ? count() > 1 : count() != wanted) {
      throw new IllegalStateException(
          ("Step %d: the gradients of %d components of the loss are needed, but there are those of"
                  + " %d; call optimizer.endComponent(loss) after the backward pass of each")
              .formatted(step, wanted, count()));
    }
  }

  /** Returns the sum of a parameter's gradients over all components. */
  NDArray total(BoundModel.Named named, NDArray gradient) {
    NDArray total = gradient;
    for (Map<String, NDArray> own : gradients) {
      total = total.add(own.get(named.path()));
    }
    return total;
  }

  /** Returns all gradients, component by component. */
  List<NDArray> arrays(Collection<BoundModel.Named> parameters) {
    return gradients.stream()
        .flatMap(own -> parameters.stream().map(named -> own.get(named.path())))
        .toList();
  }

  /** Returns as many components with other gradients, in the order of {@link #arrays}. */
  Components with(Collection<BoundModel.Named> parameters, List<NDArray> arrays) {
    Components others = new Components();
    int place = 0;
    for (int i = 0; i < gradients.size(); i++) {
      Map<String, NDArray> own = new HashMap<>();
      for (BoundModel.Named named : parameters) {
        own.put(named.path(), arrays.get(place++));
      }
      others.gradients.add(own);
    }
    return others;
  }

  /**
   * Returns the components' gradients multiplied by a factor; lazily, one parameter at a time. One
   * component is the whole loss.
   */
  Scaled scaled(double factor) {
    return new Scaled(count() == 1 ? List.of() : List.copyOf(gradients), factor);
  }

  void clear() {
    gradients.forEach(own -> own.values().forEach(NDArray::close));
    gradients.clear();
  }

  /** Gradients that are to be multiplied. */
  record Scaled(List<Map<String, NDArray>> gradients, double factor) {

    /**
     * Returns the gradients of a parameter, that of the whole loss where there are no components.
     */
    List<NDArray> of(ParameterStep parameter) {
      return gradients.isEmpty()
          ? List.of(parameter.gradient())
          : gradients.stream().map(own -> own.get(parameter.info().path()).mul(factor)).toList();
    }
  }
}
