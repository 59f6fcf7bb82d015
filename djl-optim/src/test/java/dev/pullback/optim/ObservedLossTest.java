package dev.pullback.optim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import ai.djl.training.loss.L1Loss;
import ai.djl.training.loss.Loss;
import ai.djl.training.loss.SimpleCompositeLoss;
import dev.pullback.engine.HostValues;
import java.lang.ref.Cleaner;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Which losses count for a step, and that what the optimiser returns is the loss it was given. */
class ObservedLossTest {

  @AutoClose private final Resources open = new Resources();
  private final List<StepReport> reports = new ArrayList<>();

  /** Σ w g, where g is the label: its gradient is g. */
  private static final class Linear extends Loss {

    Linear() {
      super("linear");
    }

    @Override
    public NDArray evaluate(NDList labels, NDList predictions) {
      return predictions.head().mul(labels.head()).sum();
    }
  }

  private final TensorsBlock block =
      new TensorsBlock(open.manager()).add(new double[] {1, 2}, DataType.FLOAT32, 2);
  private final StepOptimizer optimizer =
      open.optimizer(
          block, Optimizers.builder("sgd_log_metric", Map.of()).optReportListener(reports::add));
  private final Loss loss = optimizer.observe(new Linear());

  private NDArray evaluate(double... gradient) {
    NDArray label =
        HostValues.on(open.manager()).create(gradient, new Shape(2)).toType(DataType.FLOAT32, true);
    return loss.evaluate(new NDList(label), new NDList(block.tensor(0)));
  }

  private void backward(double... gradient) {
    try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
      collector.backward(evaluate(gradient));
    }
  }

  private static void inAnotherThread(Runnable work) {
    CompletableFuture.runAsync(work, task -> new Thread(task).start()).join();
  }

  /** PyTorch collects gradients in every thread but the one that loaded it. */
  @Test
  void whatIsOnlyEvaluatedDoesNotCountInAnyThread() {
    inAnotherThread(
        () -> {
          evaluate(100, 100);
          backward(3, 1);
          evaluate(100, 100);
          optimizer.step();
        });
    assertEquals(5, reports.get(0).loss(), 1e-6);
  }

  @Test
  void aLossCountsWhereverItIsDifferentiated() {
    inAnotherThread(() -> backward(3, 1));
    backward(1, 1);
    optimizer.step();
    assertEquals(5 + 3, reports.get(0).loss(), 1e-6);
  }

  @Test
  void nothingDifferentiatedIsNoLoss() {
    inAnotherThread(() -> evaluate(100, 100));
    block.backward(block.gradients(1));
    assertThrows(IllegalStateException.class, optimizer::step);
  }

  /** The second pass of one graph throws on both engines; by then the loss has been observed. */
  @Test
  void aBackwardPassThatThrewCanBeDiscarded() {
    try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
      NDArray value = evaluate(100, 100);
      collector.backward(value);
      assertThrows(RuntimeException.class, () -> collector.backward(value));
    }
    optimizer.observeLoss(100);
    optimizer.discard();
    assertArrayEquals(new double[2], block.gradient(0));
    backward(3, 1);
    optimizer.step();
    assertEquals(5, reports.get(0).loss(), 1e-6);
    assertEquals(Math.sqrt(10), reports.get(0).gradientNorm(), 1e-6);
  }

  @Test
  void zeroGradKeepsTheLoss() {
    backward(Double.NaN, 1);
    optimizer.zeroGrad();
    assertArrayEquals(new double[2], block.gradient(0));
    optimizer.discard();
    backward(3, 1);
    optimizer.zeroGrad();
    backward(1, 1);
    optimizer.step();
    assertEquals(5 + 3, reports.get(0).loss(), 1e-6);
    assertEquals(Math.sqrt(2), reports.get(0).gradientNorm(), 1e-6);
  }

  // DJL's losses

  static Stream<Arguments> losses() {
    return Stream.of(
        Arguments.of(Loss.l2Loss()),
        Arguments.of(Loss.l2Loss("weighted", 0.3f)),
        Arguments.of(Loss.quantileL1Loss(0.3f)),
        Arguments.of(Loss.l1Loss()),
        Arguments.of(
            new SimpleCompositeLoss().addLoss(Loss.l2Loss("own", 0.7f)).addLoss(new L1Loss())));
  }

  private NDArray numbers(double... values) {
    return HostValues.on(open.manager())
        .create(values, new Shape(values.length, 1))
        .toType(DataType.FLOAT32, true);
  }

  private NDArray predictions() {
    NDArray predictions = numbers(0.3, -1.7, 2.9, 4.1);
    predictions.setRequiresGradient(true);
    return predictions;
  }

  private NDArray labels() {
    return HostValues.on(open.manager()).create(new float[] {1, 0.5f, -0.25f, 5});
  }

  @ParameterizedTest
  @MethodSource("losses")
  void theObservedLossHasTheSameValueAndGradient(Loss djl) {
    NDArray[] gradients = new NDArray[2];
    float[] values = new float[2];
    Loss[] both = {djl, optimizer.observe(djl)};
    for (int i = 0; i < 2; i++) {
      NDArray predictions = predictions();
      try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
        NDArray value = both[i].evaluate(new NDList(labels()), new NDList(predictions));
        collector.backward(value);
        values[i] = value.getFloat();
      }
      gradients[i] = predictions.getGradient();
    }
    assertEquals(values[0], values[1]);
    assertArrayEquals(gradients[0].toFloatArray(), gradients[1].toFloatArray());
  }

  @Test
  void aCompositeLossMayGrowOnceItIsObserved() {
    SimpleCompositeLoss composite =
        new SimpleCompositeLoss().addLoss(Loss.l2Loss()).addLoss(new L1Loss());
    Loss observed = optimizer.observe(composite);
    gradient(observed, () -> {});
    composite.addLoss(Loss.l2Loss("heavy", 3));
    assertArrayEquals(gradient(composite, () -> {}), gradient(observed, () -> {}), 1e-6f);
  }

  /** DJL frees its factor as soon as the loss is evaluated; the collector may take it then. */
  @ParameterizedTest
  @MethodSource("losses")
  void theFactorLivesUntilTheBackwardPass(Loss djl) {
    Loss observed = optimizer.observe(djl);
    float[] expected = gradient(observed, () -> {});
    for (int i = 0; i < 20; i++) {
      List<ByteBuffer> others = new ArrayList<>();
      assertArrayEquals(expected, gradient(observed, () -> reuseFreedMemory(others)));
    }
  }

  private float[] gradient(Loss loss, Runnable between) {
    NDArray predictions = predictions();
    try (GradientCollector collector = Engine.getInstance().newGradientCollector()) {
      NDArray value = loss.evaluate(new NDList(labels()), new NDList(predictions));
      between.run();
      collector.backward(value);
    }
    return predictions.getGradient().toFloatArray();
  }

  /** Waits until the garbage collector has freed what nobody refers to, and writes over it. */
  private static void reuseFreedMemory(List<ByteBuffer> others) {
    CountDownLatch freed = new CountDownLatch(1);
    Cleaner.create().register(new Object(), freed::countDown);
    try {
      do {
        System.gc();
      } while (!freed.await(10, TimeUnit.MILLISECONDS));
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    for (int i = 0; i < 5000; i++) {
      others.add(ByteBuffer.allocateDirect(4).putInt(0x7f7f7f7f));
    }
  }
}
