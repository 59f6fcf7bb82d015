package dev.pullback.train.model;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Parameter;
import ai.djl.nn.convolutional.Conv2d;
import ai.djl.nn.core.Linear;
import ai.djl.nn.norm.BatchNorm;
import ai.djl.training.ParameterStore;
import ai.djl.training.initializer.Initializer;
import ai.djl.util.PairList;
import dev.pullback.engine.Program;
import dev.pullback.optim.Kernels;
import java.util.List;

/**
 * ResNet-18 for images of 32 by 32: a 3x3 stem of 64 channels without max-pooling, four stages of
 * two basic blocks with 64, 128, 256 and 512 channels, the mean over all places, and a linear head.
 * The first block of stages 2 to 4 has stride 2 and a projection (1x1 convolution and batch norm)
 * beside it.
 *
 * <p>Input: images (batch, 3, 32, 32), float32 in [0, 1]. Output: logits (batch, {@value
 * #CLASSES}). Kernels are stored [fan-out, fan-in, height, width]. Initial weights are LeCun normal
 * (see {@link Initialization#FLAX}), shifts and biases 0, scales 1. Batch norms take the statistics
 * of the batch while training and move their running ones by a tenth towards them, which are taken
 * otherwise; running statistics are parameters that need no gradient.
 *
 * @see <a href="https://arxiv.org/abs/1512.03385">He, Zhang, Ren, Sun, Deep Residual Learning for
 *     Image Recognition (2015)</a>
 */
public final class ResNet18 extends NamedParameterBlock {

  /** The number of classes. */
  public static final int CLASSES = 10;

  /** Height and width of the images, in pixels. */
  public static final int SIDE = 32;

  private static final int CHANNELS = 3;
  private static final int STEM = 64;
  private static final int STAGES = 4;
  private static final int BLOCKS = 2;
  private static final float MOMENTUM = 0.9f;
  private static final float EPS = 1e-5f;

  private final long seed;
  private final Kernels kernels;
  private final Precision precision;

  /**
   * Creates the block with automatic kernels in float32.
   *
   * @param seed where the initial weights come from
   */
  public ResNet18(long seed) {
    this(seed, Kernels.AUTO, Precision.FLOAT32);
  }

  /**
   * Creates the block; its weights are drawn when it is initialised.
   *
   * @param seed where the initial weights come from
   * @param kernels how passes are computed
   * @param precision in which number formats
   */
  @SuppressWarnings("this-escape")
  public ResNet18(long seed, Kernels kernels, Precision precision) {
    this.seed = seed;
    this.kernels = kernels;
    this.precision = precision;
    unit("stem.conv", "stem.bn", STEM, CHANNELS, 3);
    int width = STEM;
    for (int stage = 0; stage < STAGES; stage++) {
      for (int block = 0; block < BLOCKS; block++) {
        String name = blockName(stage, block);
        int before = width;
        width = STEM << stage;
        unit(name + ".conv1", name + ".bn1", width, before, 3);
        unit(name + ".conv2", name + ".bn2", width, width, 3);
        if (isStrided(stage, block)) {
          unit(name + ".down", name + ".down.bn", width, before, 1);
        }
      }
    }
    weight("fc.weight", CLASSES, width);
    add("fc.bias", Parameter.Type.BIAS, Initializer.ZEROS, CLASSES);
  }

  private static String blockName(int stage, int block) {
    return "stage" + stage + ".block" + block;
  }

  private static boolean isStrided(int stage, int block) {
    return stage > 0 && block == 0;
  }

  /** A convolution without bias and its batch norm. */
  private void unit(String conv, String norm, int fanOut, int fanIn, int size) {
    weight(conv, fanOut, fanIn, size, size);
    add(norm + ".weight", Parameter.Type.GAMMA, Initializer.ONES, fanOut);
    add(norm + ".bias", Parameter.Type.BETA, Initializer.ZEROS, fanOut);
    add(norm + ".runningMean", Parameter.Type.RUNNING_MEAN, Initializer.ZEROS, fanOut);
    add(norm + ".runningVar", Parameter.Type.RUNNING_VAR, Initializer.ONES, fanOut);
  }

  private void weight(String name, long... shape) {
    double fanIn = new Shape(shape).slice(1).size();
    add(
        name,
        Parameter.Type.WEIGHT,
        new SeededInitializer(seed, name, Math.sqrt(1 / fanIn), true),
        shape);
  }

  /** A kernel is applied at every place of what it makes. */
  @Override
  public double flopsPerExample() {
    double multiplied = 0;
    for (Parameter parameter : parameters.values()) {
      Shape shape = parameter.getShape();
      if (shape.dimension() == 4) {
        // Each stage has twice the channels and half the height and width of the one before.
        long side = SIDE * STEM / shape.get(0);
        multiplied += (double) shape.size() * side * side;
      } else if (shape.dimension() == 2) {
        multiplied += shape.size();
      }
    }
    return 6 * multiplied;
  }

  @Override
  public Shape[] getOutputShapes(Shape[] inputShapes) {
    return new Shape[] {new Shape(inputShapes[0].get(0), CLASSES)};
  }

  @Override
  protected NDList forwardInternal(
      ParameterStore store, NDList inputs, boolean training, PairList<String, Object> params) {
    NDArray images = inputs.singletonOrThrow();
    Shape shape = images.getShape();
    if (shape.dimension() != 4
        || !shape.slice(1).equals(new Shape(CHANNELS, SIDE, SIDE))
        || images.getDataType() != DataType.FLOAT32) {
      throw new IllegalArgumentException(
          "Images must be float32 (batch, %d, %d, %d), not %s %s"
              .formatted(CHANNELS, SIDE, SIDE, images.getDataType(), shape));
    }
    return new NDList(
        NativeKernels.find(images, "resnet", "ResNet", kernels, precision)
            .map(program -> forward(program, store, images, training))
            .orElseGet(() -> new Pass(store, images.getDevice(), training).logits(images)));
  }

  private NDArray forward(Program program, ParameterStore store, NDArray images, boolean training) {
    NDManager manager = images.getManager();
    long[] options = {training ? 1 : 0, precision == Precision.MIXED ? 1 : 0};
    NDList weights = new NDList(parameters.size());
    for (Parameter parameter : parameters.values()) {
      weights.add(store.getValue(parameter, images.getDevice(), training));
    }
    return program.forward(List.of(new NDList(images, manager.create(options)), weights));
  }

  /** One portable forward pass. */
  private final class Pass {

    private final ParameterStore store;
    private final Device device;
    private final boolean training;

    Pass(ParameterStore store, Device device, boolean training) {
      this.store = store;
      this.device = device;
      this.training = training;
    }

    NDArray logits(NDArray images) {
      NDArray x = relu(unit("stem.conv", "stem.bn", images, 1));
      for (int stage = 0; stage < STAGES; stage++) {
        for (int block = 0; block < BLOCKS; block++) {
          x = basicBlock(blockName(stage, block), x, isStrided(stage, block));
        }
      }
      NDArray pooled =
          x.reshape(new Shape(x.getShape().get(0), STEM << (STAGES - 1), -1)).mean(new int[] {2});
      return Linear.linear(pooled, weight("fc.weight"), weight("fc.bias")).singletonOrThrow();
    }

    private NDArray basicBlock(String name, NDArray x, boolean strided) {
      NDArray skip = strided ? unit(name + ".down", name + ".down.bn", x, 2) : x;
      NDArray hidden = relu(unit(name + ".conv1", name + ".bn1", x, strided ? 2 : 1));
      return relu(unit(name + ".conv2", name + ".bn2", hidden, 1).add(skip));
    }

    private NDArray unit(String conv, String norm, NDArray x, long stride) {
      NDArray kernel = weight(conv);
      long padding = kernel.getShape().get(2) / 2;
      NDArray y =
          Conv2d.conv2d(x, kernel, null, new Shape(stride, stride), new Shape(padding, padding))
              .singletonOrThrow();
      return BatchNorm.batchNorm(
              y,
              weight(norm + ".runningMean"),
              weight(norm + ".runningVar"),
              weight(norm + ".weight"),
              weight(norm + ".bias"),
              1,
              MOMENTUM,
              EPS,
              training)
          .singletonOrThrow();
    }

    private static NDArray relu(NDArray x) {
      return x.getNDArrayInternal().relu();
    }

    private NDArray weight(String name) {
      return store.getValue(parameters.get(name), device, training);
    }
  }
}
