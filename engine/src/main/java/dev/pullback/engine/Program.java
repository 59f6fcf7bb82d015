package dev.pullback.engine;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import java.util.List;

/** A program that an engine runs in one native call. */
public interface Program {

  /**
   * Runs a method without collecting gradients.
   *
   * @param method the method; it takes lists of arrays, then a list of numbers, and returns a list
   *     of numbers
   * @param arrays the lists of arrays; the method may change them in place
   * @param numbers the numbers
   * @return what the method returns
   */
  double[] run(String method, List<NDList> arrays, double... numbers);

  /**
   * Runs the method {@code forward}, through which gradients flow if they are being collected.
   *
   * @param arrays the lists of arrays that it takes, none empty
   * @return the array that it returns, attached to the manager of the very first array
   */
  NDArray forward(List<NDList> arrays);
}
