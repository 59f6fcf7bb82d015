package dev.pullback.optim;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.training.initializer.Initializer;
import dev.pullback.engine.EngineSupport;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;

/**
 * Makes the engine add up the gradients of several backward passes, from the first pass of a
 * parameter on. An engine that overwrites them has to be told once per array.
 */
final class GradientAccumulation {

  private Set<NDArray> told = identitySet();

  private static Set<NDArray> identitySet() {
    return Collections.newSetFromMap(new IdentityHashMap<>());
  }

  /** Starts anew: tells the engine of the arrays that are there, and of others as they are made. */
  void start(Collection<BoundModel.Named> parameters) {
    told = identitySet();
    boolean needed = EngineSupport.mayOverwriteGradients();
    for (BoundModel.Named named : parameters) {
      Parameter parameter = named.parameter();
      if (needed && !parameter.isInitialized() && parameter.getInitializer() != null) {
        Initializer own = parameter.getInitializer();
        parameter.setInitializer(
            own instanceof Telling telling && telling.owner() == this
                ? own
                : new Telling(this, parameter, own));
      }
    }
    tell(parameters);
  }

  /**
   * Tells the engine of arrays that are new: initialised, loaded or unfrozen since the last call. A
   * pass that has been recorded, but not differentiated, still overwrites their gradients, which
   * are zero before it.
   *
   * @return the parameters that are new, on an engine that had to be told
   */
  List<BoundModel.Named> tell(Collection<BoundModel.Named> parameters) {
    Set<NDArray> before = told;
    told = identitySet(); // a parameter that was frozen meanwhile is new again
    List<BoundModel.Named> late = new ArrayList<>();
    for (BoundModel.Named named : parameters) {
      if (named.parameter().isInitialized()) {
        NDArray array = named.array();
        if (EngineSupport.of(array).addsUpGradients()) {
          return List.of();
        }
        if (told.add(array) && !before.contains(array)) {
          EngineSupport.of(array).accumulateGradient(array);
          late.add(named);
        }
      }
    }
    return late;
  }

  /** Initialises one parameter once, and tells the engine before anything is computed with it. */
  private record Telling(GradientAccumulation owner, Parameter parameter, Initializer own)
      implements Initializer {

    @Override
    public NDArray initialize(NDManager manager, Shape shape, DataType type) {
      parameter.setInitializer(own);
      NDArray array = own.initialize(manager, shape, type);
      if (parameter.requiresGradient() && !EngineSupport.of(array).addsUpGradients()) {
        EngineSupport.of(array).accumulateGradient(array);
        owner.told.add(array);
      }
      return array;
    }
  }
}
