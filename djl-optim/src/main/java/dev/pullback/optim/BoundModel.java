package dev.pullback.optim;

import ai.djl.ndarray.NDArray;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.util.Pair;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;

/**
 * The parameters of a block, in block order and under their paths. They are listed anew for every
 * step, so that parameters may be added, frozen or unfrozen in between.
 *
 * @param block the block that is trained
 */
record BoundModel(Block block) {

  /** A parameter and its path within the block. */
  record Named(String path, Parameter parameter) {

    NDArray array() {
      return parameter.getArray();
    }

    ParameterInfo info() {
      return new ParameterInfo(path, array().getShape(), array().getDataType());
    }
  }

  /** Returns the parameters that are trained, by DJL's id. */
  Map<String, Named> trainable() {
    Map<String, Named> byId = new LinkedHashMap<>();
    for (Named named : select(Parameter::requiresGradient)) {
      byId.put(named.parameter().getId(), named);
    }
    return byId;
  }

  /** Returns all initialised parameters. */
  List<Named> all() {
    List<Named> initialized = select(Parameter::isInitialized);
    if (initialized.isEmpty()) {
      throw new IllegalStateException("The bound block is not initialized yet");
    }
    return initialized;
  }

  /** A parameter that is shared between children is listed once, under its first path. */
  private List<Named> select(Predicate<Parameter> wanted) {
    List<Named> selected = new ArrayList<>();
    Set<String> ids = new HashSet<>();
    Set<String> paths = new HashSet<>();
    for (Pair<String, Parameter> pair : block.getParameters()) {
      Parameter parameter = pair.getValue();
      if (wanted.test(parameter) && ids.add(parameter.getId())) {
        if (!paths.add(pair.getKey())) {
          throw new IllegalStateException(
              "Two parameters of the block have the path "
                  + pair.getKey()
                  + "; give its child blocks different names");
        }
        selected.add(new Named(pair.getKey(), parameter));
      }
    }
    return selected;
  }
}
