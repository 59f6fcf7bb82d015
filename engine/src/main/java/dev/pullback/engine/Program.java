package dev.pullback.engine;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import java.util.List;
import java.util.Map;

/** A program that an engine runs in one native call. */
public interface Program {

  /**
   * Runs a method without collecting gradients.
   *
   * @param method the method; it returns a list of numbers
   * @param arguments its arguments by name: an {@link NDList} for a list of arrays, which the
   *     method may change in place, a Double, a Long or a Boolean
   * @return what the method returns
   * @throws IllegalArgumentException if there is no such method, or its arguments have other names
   */
  double[] run(String method, Map<String, ?> arguments);

  /**
   * Runs the method {@code forward}, through which gradients flow if they are being collected.
   *
   * @param arrays the lists of arrays that it takes, none empty
   * @return the array that it returns, attached to the manager of the very first array
   */
  NDArray forward(List<NDList> arrays);
}
