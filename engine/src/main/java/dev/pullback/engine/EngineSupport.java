package dev.pullback.engine;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/**
 * What engines do differently. An engine may also offer operators that do the work of many; each
 * such method has a portable form here, or says that the engine has none.
 */
public interface EngineSupport {

  /**
   * Returns the support for an engine.
   *
   * @param engine the engine
   * @return its support
   * @throws IllegalStateException if the engine is neither PyTorch nor MXNet
   */
  static EngineSupport of(Engine engine) {
    return switch (engine.getEngineName()) {
      case "PyTorch" -> new PyTorchSupport();
      case "MXNet" -> new MxNetSupport();
      default ->
          throw new IllegalStateException(
              "The engine %s is not supported for training; use PyTorch or MXNet"
                  .formatted(engine.getEngineName()));
    };
  }

  /**
   * Returns the support for the engine that made an array.
   *
   * @param array any array
   * @return its engine's support
   */
  static EngineSupport of(NDArray array) {
    return of(array.getManager().getEngine());
  }

  /**
   * Tells whether an engine is present that overwrites gradients, although it may not be the one in
   * use. See {@link #addsUpGradients}.
   *
   * @return whether MXNet's engine is on the class path
   */
  static boolean mayOverwriteGradients() {
    return Engine.getAllEngines().contains("MXNet");
  }

  /**
   * Makes DJL train with a parameter server that passes on what an optimiser throws, unless the
   * user has chosen one. MXNet's own server is native code, in which exceptions are lost.
   */
  static void preferServerThatPassesOnExceptions() {
    System.getProperties().putIfAbsent(MxNetSupport.LOCAL_SERVER, "true");
  }

  /**
   * Tells whether what an optimiser throws is lost between it and {@code Trainer.step()}.
   *
   * @return whether the parameter server that DJL chooses loses exceptions
   */
  default boolean losesExceptions() {
    return false;
  }

  /**
   * Tells whether the engine may still be reading Java's memory when DJL has already let go of it;
   * {@link HostValues} then holds it.
   *
   * @return whether a direct buffer must be held while an array is created from it
   */
  default boolean readsHostMemoryLate() {
    return false;
  }

  /**
   * Does something without collecting gradients in this thread, so that weights may be changed in
   * place.
   *
   * @param work what to do
   * @param <T> what it returns
   * @return what it returned
   */
  <T> T withoutGradients(Supplier<T> work);

  /**
   * Copies values into a weight, whether or not gradients are being collected.
   *
   * @param weight of the same shape and type as the values; its gradient stays
   * @param values the new values
   */
  default void load(NDArray weight, NDArray values) {
    withoutGradients(
        () -> {
          assign(weight, values);
          return weight;
        });
  }

  /**
   * Tells whether what is computed now may be differentiated.
   *
   * @return whether gradients are being collected in this thread. On PyTorch they are in every
   *     thread that nobody told otherwise, and DJL tells only the one that loaded the engine; see
   *     {@link #differentiationWitness}
   */
  boolean isCollectingGradients();

  /**
   * Makes a zero which, added to a value that may be differentiated, knows afterwards whether it
   * was.
   *
   * @param value a value that is being computed while gradients are collected
   * @return a 0-d array of the value's type and manager, for {@link #wasDifferentiated}; nothing if
   *     the engine collects gradients only where they are wanted
   */
  default Optional<NDArray> differentiationWitness(NDArray value) {
    return Optional.empty();
  }

  /**
   * Tells whether a value was differentiated.
   *
   * @param witness what was added to it
   * @return whether a backward pass has reached it
   */
  default boolean wasDifferentiated(NDArray witness) {
    throw new UnsupportedOperationException("This engine makes no witnesses");
  }

  /**
   * Tells whether a number in Java's memory that a forward pass multiplies by may be freed before
   * the backward pass reads it; see docs/djl-memory.md.
   *
   * @return whether gradients may be wrong for this reason
   */
  default boolean mayLoseNumbers() {
    return false;
  }

  /**
   * Tells whether the gradients of several backward passes add up by themselves.
   *
   * @return whether they do; otherwise {@link #accumulateGradient} has to be called
   */
  default boolean addsUpGradients() {
    return true;
  }

  /**
   * Lets the gradients of several backward passes add up until they are cleared. A pass that has
   * been recorded already still overwrites the gradient.
   *
   * @param weight any array; it requires a gradient from now on, and what its gradient holds is
   *     kept
   */
  default void accumulateGradient(NDArray weight) {
    weight.setRequiresGradient(true);
  }

  /**
   * Sets gradients to zero, NaN too.
   *
   * @param weights arrays that require a gradient
   */
  void clearGradients(NDList weights);

  /**
   * Copies values into an array that lives on, such as a key-value server's.
   *
   * @param target of the same shape and type as the source
   * @param source the values
   */
  void assign(NDArray target, NDArray source);

  /**
   * Multiplies by a number in a computation that may be differentiated.
   *
   * @param x any array
   * @param number the factor
   * @return x times the number
   */
  default NDArray multiply(NDArray x, double number) {
    return x.mul(number);
  }

  /**
   * Adds a number in a computation that may be differentiated.
   *
   * @param x any array
   * @param number the term
   * @return x plus the number
   */
  default NDArray add(NDArray x, double number) {
    return x.add(number);
  }

  /**
   * Adds up the squares of all elements of all arrays. Waits for the result.
   *
   * @param arrays at least one array of float32 or float64
   * @return the sum, or infinity where a square leaves the arrays' type
   */
  default double sumOfSquares(NDList arrays) {
    NDList sums = new NDList(arrays.size());
    for (NDArray array : arrays) {
      try (NDArray squares = array.mul(array)) {
        sums.add(squares.sum());
      }
    }
    return sum(sums);
  }

  /**
   * Adds up 0-d arrays in their order, in double precision on the host, in one transfer.
   *
   * @param scalars at least one array of rank 0
   * @return the sum
   */
  static double sum(NDList scalars) {
    NDList wide = new NDList(scalars.size());
    scalars.forEach(scalar -> wide.add(scalar.toType(DataType.FLOAT64, false)));
    double sum = 0;
    for (double value : HostValues.read(NDArrays.stack(wide), NDArray::toDoubleArray)) {
      sum += value;
    }
    return sum;
  }

  /**
   * Finds a native program. It is loaded once per process.
   *
   * @param owner the class beside which the program's source lies as a resource
   * @param name the resource's name without its ending
   * @return the program; empty if the engine runs none
   * @throws IllegalStateException if the engine refuses the program, for example because an
   *     operator is missing; the message names the program
   */
  default Optional<Program> program(Class<?> owner, String name) {
    return Optional.empty();
  }

  /**
   * Updates a weight by Adam's rule in place: m ← β1 m + (1-β1) g; v ← β2 v + (1-β2) g²; θ ← θ -
   * rate · m / (sqrt(v / correction) + ε).
   *
   * @param step the arrays and numbers
   * @return whether the engine has one operator for it; if not, nothing has changed
   */
  default boolean fusedAdam(AdamStep step) {
    return false;
  }

  /**
   * Softmax self-attention of several heads, with the projections of its input.
   *
   * @param x (batch, time, width)
   * @param weight (3 width, width); rows are queries, then keys, then values
   * @param bias (3 width), or null
   * @param heads the number of heads; divides the width
   * @param mask (time, time), added to the scores of each head
   * @param dropout applied to the attention weights
   * @return the heads' mixed values, joined, (batch, time, width); nothing if the engine has no
   *     operators for it
   */
  default Optional<NDArray> fusedSelfAttention(
      NDArray x,
      NDArray weight,
      NDArray bias,
      int heads,
      NDArray mask,
      UnaryOperator<NDArray> dropout) {
    return Optional.empty();
  }
}
