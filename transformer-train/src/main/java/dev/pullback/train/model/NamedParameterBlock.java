package dev.pullback.train.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.AbstractBlock;
import ai.djl.nn.Parameter;
import ai.djl.training.initializer.Initializer;
import java.util.ArrayList;
import java.util.List;

/** A block without children that names its parameters as files of weights do. */
public abstract class NamedParameterBlock extends AbstractBlock {

  /** Fewer values than this are drawn before threads have started. */
  private static final long WORTH_THREADS = 1 << 20;

  NamedParameterBlock() {}

  /** Adds a parameter; running statistics are not trained. */
  final void add(String name, Parameter.Type type, Initializer initializer, long... shape) {
    addParameter(
        Parameter.builder()
            .setName(name)
            .setType(type)
            .optShape(new Shape(shape))
            .optInitializer(
                initializer instanceof SeededInitializer seeded
                    ? new Prepared(seeded)
                    : initializer)
            .optRequiresGrad(
                type != Parameter.Type.RUNNING_MEAN && type != Parameter.Type.RUNNING_VAR)
            .build());
  }

  /** Takes the array that was made for the parameter beforehand, or draws it. */
  private static final class Prepared implements Initializer {

    private final SeededInitializer seeded;
    private NDArray array;

    Prepared(SeededInitializer seeded) {
      this.seeded = seeded;
    }

    @Override
    public NDArray initialize(NDManager manager, Shape shape, DataType type) {
      NDArray taken = array;
      array = null;
      return taken == null ? seeded.initialize(manager, shape, type) : taken;
    }
  }

  private List<Parameter> undrawn() {
    return parameters.values().stream()
        .filter(p -> !p.isInitialized() && p.getInitializer() instanceof Prepared)
        .toList();
  }

  /**
   * Draws the initial weights, those of a large model on all cores.
   *
   * @param manager owns them
   * @param type float32 or float64
   * @param inputs shapes of the inputs, of which the parameters' shapes do not depend
   * @throws IllegalArgumentException if the type is another
   */
  @Override
  public void initialize(NDManager manager, DataType type, Shape... inputs) {
    List<Parameter> undrawn = undrawn();
    if (undrawn.stream().mapToLong(p -> p.getShape().size()).sum() >= WORTH_THREADS) {
      List<ParallelDrawing.Work> work = new ArrayList<>();
      for (Parameter p : undrawn) {
        SeededInitializer seeded = ((Prepared) p.getInitializer()).seeded;
        work.add(
            new ParallelDrawing.Work(
                p.getShape(), seeded, seeded.target(manager, p.getShape(), type)));
      }
      ParallelDrawing.run(work);
      for (int i = 0; i < work.size(); i++) {
        ((Prepared) undrawn.get(i).getInitializer()).array = work.get(i).target().array();
      }
    }
    super.initialize(manager, type, inputs);
  }

  /**
   * Creates the weights without drawing them, for a caller that replaces them all, as a checkpoint
   * does: they are 0.
   *
   * @param manager owns them
   * @param type float32 or float64
   * @param inputs shapes of the inputs
   * @throws IllegalArgumentException if the type is another
   */
  public final void initializeEmpty(NDManager manager, DataType type, Shape... inputs) {
    for (Parameter p : undrawn()) {
      Prepared prepared = (Prepared) p.getInitializer();
      prepared.array = prepared.seeded.target(manager, p.getShape(), type).zeros();
    }
    super.initialize(manager, type, inputs);
  }

  /**
   * Returns the number of trainable weights.
   *
   * @return the elements of all parameters except running statistics
   */
  public final long parameterCount() {
    return parameters.values().stream()
        .filter(Parameter::requiresGradient)
        .mapToLong(p -> p.getShape().size())
        .reduce(0, Math::addExact);
  }

  /**
   * Estimates the floating-point operations of training on one example: two for each multiplication
   * with its addition, forward and twice backward.
   *
   * @return the operations; 0 where nobody counted
   */
  public double flopsPerExample() {
    return 0;
  }
}
