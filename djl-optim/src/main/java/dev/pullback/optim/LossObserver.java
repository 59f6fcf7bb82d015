package dev.pullback.optim;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import ai.djl.training.loss.Loss;
import dev.pullback.engine.EngineSupport;
import dev.pullback.engine.HostValues;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Keeps the training losses since the last step, as the gradients keep their sum. Values stay on
 * the device until somebody asks for them.
 */
final class LossObserver {

  /**
   * A loss.
   *
   * @param value its value, without the computation that led to it
   * @param witness tells whether it was differentiated; null if that is known to be so
   */
  private record Observed(NDArray value, NDArray witness) {

    boolean differentiated() {
      return witness == null || EngineSupport.of(witness).wasDifferentiated(witness);
    }

    void close() {
      value.close();
      if (witness != null) {
        witness.close();
      }
    }
  }

  private final List<Observed> arrays = new ArrayList<>();
  private double hostSum;
  private boolean passed;

  /** Adds a loss that was, or is about to be, differentiated. */
  void add(NDArray loss) {
    arrays.add(new Observed(keep(loss.stopGradient()), null));
  }

  void add(double loss) {
    hostSum += loss;
    passed = true;
  }

  /** Adds a loss that may be differentiated, and returns what has to be instead of it. */
  private NDArray addIfDifferentiated(NDArray loss) {
    NDArray witness = EngineSupport.of(loss).differentiationWitness(loss).orElse(null);
    arrays.add(new Observed(keep(loss.stopGradient()), witness == null ? null : keep(witness)));
    return witness == null ? loss : loss.add(witness);
  }

  private static NDArray keep(NDArray array) {
    array.detach();
    NDScope.unregister(array);
    return array;
  }

  boolean hasObserved() {
    return passed || arrays.stream().anyMatch(Observed::differentiated);
  }

  /** Returns the sum of the observed losses that were differentiated. */
  double sum() {
    double sum = hostSum;
    for (Observed observed : arrays) {
      if (observed.differentiated()) {
        try (NDArray total = observed.value().sum();
            NDArray wide = total.toType(DataType.FLOAT64, true)) {
          sum += HostValues.read(wide, NDArray::getDouble);
        }
      }
    }
    return sum;
  }

  /** Moves what was observed out of the way of the next step; it is to be cleared. */
  LossObserver take() {
    LossObserver taken = new LossObserver();
    taken.arrays.addAll(arrays);
    taken.hostSum = hostSum;
    taken.passed = passed;
    arrays.clear();
    clear();
    return taken;
  }

  void clear() {
    arrays.forEach(Observed::close);
    arrays.clear();
    hostSum = 0;
    passed = false;
  }

  /**
   * Decorates a loss so that every value computed for training is seen here.
   *
   * @param loss the loss
   * @param before runs before each evaluation
   * @param skips whether steps with unusable values are left out
   */
  Loss decorate(Loss loss, Runnable before, boolean skips) {
    return new ObservedLoss(loss, before, skips);
  }

  /** Delegates everything; the evaluators' accumulators go to the original and are not observed. */
  private final class ObservedLoss extends Loss {

    private final Loss loss;
    private final LastingLoss differentiable;
    private final Runnable before;
    private final boolean skips;
    private boolean leftOut;

    ObservedLoss(Loss loss, Runnable before, boolean skips) {
      super(loss.getName());
      this.loss = loss;
      this.differentiable = LastingLoss.of(loss);
      this.before = before;
      this.skips = skips;
    }

    @Override
    public NDArray evaluate(NDList labels, NDList predictions) {
      before.run();
      boolean training = EngineSupport.of(predictions.head()).isCollectingGradients();
      return training
          ? addIfDifferentiated(differentiable.evaluate(labels, predictions))
          : loss.evaluate(labels, predictions);
    }

    @Override
    public void addAccumulator(String key) {
      loss.addAccumulator(key);
    }

    @Override
    public void updateAccumulator(String key, NDList labels, NDList predictions) {
      updateAccumulators(new String[] {key}, labels, predictions);
    }

    @Override
    public void updateAccumulators(String[] keys, NDList labels, NDList predictions) {
      if (!leavesOut(keys, labels, predictions)) {
        loss.updateAccumulators(keys, labels, predictions);
      }
    }

    /**
     * Tells whether a training batch does not count. DJL's divergence check looks at the mean, and
     * would end training before the optimiser could leave the step out.
     */
    private boolean leavesOut(String[] keys, NDList labels, NDList predictions) {
      if (!skips || !Arrays.stream(keys).allMatch(ObservedLoss::isTraining)) {
        return false;
      }
      try (NDArray value = loss.evaluate(labels, predictions);
          NDArray sum = value.sum()) {
        boolean finite =
            Float.isFinite(HostValues.read(sum.toType(DataType.FLOAT32, false), NDArray::getFloat));
        leftOut |= !finite;
        return !finite;
      }
    }

    @Override
    public void resetAccumulator(String key) {
      loss.resetAccumulator(key);
    }

    /** Returns infinity instead of DJL's NaN where every batch so far was left out. */
    @Override
    public float getAccumulator(String key) {
      float mean = loss.getAccumulator(key);
      return leftOut && Float.isNaN(mean) && isTraining(key) ? Float.POSITIVE_INFINITY : mean;
    }

    private static boolean isTraining(String key) {
      return key.startsWith("train/"); // as EvaluatorTrainingListener names them
    }
  }
}
