package dev.pullback.engine;

import ai.djl.mxnet.engine.GradReq;
import ai.djl.mxnet.engine.MxGradientCollector;
import ai.djl.mxnet.engine.MxNDArray;
import ai.djl.mxnet.engine.MxNDManager;
import ai.djl.mxnet.engine.MxOpParams;
import ai.djl.mxnet.jna.JnaUtils;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.nn.core.Linear;
import java.nio.IntBuffer;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/**
 * MXNet: gradients are overwritten unless the engine is told to add, and operators that take many
 * arrays at once save most of an optimiser's time, which goes into calling operators.
 */
final class MxNetSupport implements EngineSupport {

  /** DJL's property: true for the server that is written in Java. */
  static final String LOCAL_SERVER = "ai.djl.use_local_parameter_server";

  private static final int FUSED_SIZE = 1 << 16;
  private static final int PART_SIZE = 1 << 24;

  @Override
  public boolean losesExceptions() {
    return !Boolean.getBoolean(LOCAL_SERVER);
  }

  @Override
  public boolean readsHostMemoryLate() {
    return true;
  }

  @Override
  public <T> T withoutGradients(Supplier<T> work) {
    boolean before = isCollectingGradients();
    MxGradientCollector.setRecording(false);
    try {
      return work.get();
    } finally {
      MxGradientCollector.setRecording(before);
    }
  }

  @Override
  public boolean isCollectingGradients() {
    return MxGradientCollector.isRecording();
  }

  @Override
  public boolean addsUpGradients() {
    return false;
  }

  @Override
  public void accumulateGradient(NDArray weight) {
    weight.setRequiresGradient(true); // loaded, it has none yet
    try (MxNDArray gradient = (MxNDArray) weight.getGradient()) {
      IntBuffer add = IntBuffer.wrap(new int[] {GradReq.ADD.getValue()});
      JnaUtils.autogradMarkVariables(
          1, ((MxNDArray) weight).getHandle(), add, gradient.getHandle());
    }
  }

  /** Closing an array waits for it, so all are closed at the end. */
  @Override
  public void clearGradients(NDList weights) {
    NDList gradients = new NDList(weights.size());
    NDArray[] none = {};
    for (NDArray weight : weights) {
      NDArray gradient = weight.getGradient();
      gradients.add(gradient);
      MxOpParams params = new MxOpParams();
      params.addParam("shape", gradient.getShape());
      params.setDataType(gradient.getDataType());
      params.setDevice(gradient.getDevice());
      weight.getManager().invoke("_npi_zeros", none, new NDArray[] {gradient}, params);
    }
    gradients.close();
  }

  @Override
  public void assign(NDArray target, NDArray source) {
    source.copyTo(target);
  }

  /**
   * {@inheritDoc}
   *
   * <p>Small arrays in one operator, which saves most of the time of many of them; large ones as
   * products of parts with themselves, which is exact to some 1e-6 and the fastest way.
   */
  @Override
  public double sumOfSquares(NDList arrays) {
    NDList small = new NDList();
    NDList products = new NDList();
    for (NDArray array : arrays) {
      if (canBeFused(array)) {
        small.add(array);
      } else {
        ArrayParts.visit(
            array.getShape(),
            PART_SIZE,
            (index, shape) -> {
              NDArray part = (index == null ? array : array.get(index)).reshape(-1);
              products.add(part.dot(part));
            });
      }
    }
    double sum = products.isEmpty() ? 0 : EngineSupport.sum(products);
    if (!small.isEmpty()) {
      MxOpParams params = new MxOpParams();
      params.addParam("num_arrays", small.size());
      for (float value :
          manager(small).invoke("multi_sum_sq", small, params).head().toFloatArray()) {
        sum += value;
      }
    }
    return sum;
  }

  /**
   * The operator computes in float32 and refuses arrays of rank 0. It adds up one square after the
   * other, which loses more digits the larger the array; near 2^24 equal elements its sum stops
   * growing.
   */
  private static boolean canBeFused(NDArray array) {
    return array.getDataType() == DataType.FLOAT32
        && array.getShape().dimension() > 0
        && array.size() <= FUSED_SIZE;
  }

  /**
   * {@inheritDoc}
   *
   * <p>The operator adds ε to the root of v without its correction, and its numbers are float32.
   */
  @Override
  public boolean fusedAdam(AdamStep step) {
    NDArray weight = step.weight();
    if (weight.getDataType() != DataType.FLOAT32) {
      return false;
    }
    double root = Math.sqrt(step.correction());
    MxOpParams params = new MxOpParams();
    params.addParam("lr", step.rate() * root);
    params.addParam("beta1", step.beta1());
    params.addParam("beta2", step.beta2());
    params.addParam("epsilon", step.epsilon() * root);
    NDArray[] inputs = {weight, step.gradient(), step.mean(), step.square()};
    weight.getManager().invoke("adam_update", inputs, new NDArray[] {weight}, params);
    return true;
  }

  /**
   * {@inheritDoc}
   *
   * <p>MXNet's operators want (time, batch, heads · [query, key, value] · head width). Ordering the
   * weights that way costs less than ordering what they produce. Where an operand is broadcast, the
   * backward pass sums over it, wanted or not; a mask of the scores' own shape saves that, and this
   * sum is the quickest way to make one.
   */
  @Override
  public Optional<NDArray> fusedSelfAttention(
      NDArray x,
      NDArray weight,
      NDArray bias,
      int heads,
      NDArray mask,
      UnaryOperator<NDArray> dropout) {
    if (x.getDataType() != DataType.FLOAT32) {
      return Optional.empty(); // the operators have no other type
    }
    long width = x.getShape().get(2);
    long headWidth = width / heads;
    NDArray rows =
        weight.reshape(3, heads, headWidth, width).transpose(1, 0, 2, 3).reshape(3 * width, width);
    NDArray offsets =
        bias == null
            ? null
            : bias.reshape(3, heads, headWidth).transpose(1, 0, 2).reshape(3 * width);
    NDArray qkv = Linear.linear(swapFirstAxes(x), rows, offsets).singletonOrThrow();
    MxOpParams params = new MxOpParams();
    params.addParam("heads", heads);
    MxNDManager manager = (MxNDManager) x.getManager();
    NDArray scores = manager.invoke("interleaved_matmul_selfatt_qk", qkv, params);
    NDArray masks = manager.zeros(scores.getShape(), x.getDataType()).add(mask);
    NDArray attention = scores.add(masks).softmax(-1);
    NDArray[] inputs = {qkv, dropout.apply(attention)};
    NDArray mixed = manager.invoke("interleaved_matmul_selfatt_valatt", inputs, params);
    return Optional.of(swapFirstAxes(mixed));
  }

  /** As {@code transpose(1, 0, 2)}, which takes three times as long. */
  private static NDArray swapFirstAxes(NDArray x) {
    MxOpParams params = new MxOpParams();
    params.addParam("dim1", 0);
    params.addParam("dim2", 1);
    return ((MxNDManager) x.getManager()).invoke("SwapAxis", x, params);
  }

  private static MxNDManager manager(NDList arrays) {
    return (MxNDManager) arrays.head().getManager();
  }
}
