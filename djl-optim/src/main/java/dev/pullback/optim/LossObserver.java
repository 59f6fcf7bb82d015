package dev.pullback.optim;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.DataType;
import ai.djl.training.loss.Loss;
import dev.pullback.engine.EngineSupport;
import java.util.ArrayList;
import java.util.List;

/**
 * Keeps the training losses since the last step, as the gradients keep their sum. Values stay on
 * the device until somebody asks for them.
 */
final class LossObserver {

  private final List<NDArray> arrays = new ArrayList<>();
  private double hostSum;
  private boolean observed;

  /** Adds a loss that was, or is about to be, differentiated. */
  void add(NDArray loss) {
    NDArray kept = loss.stopGradient();
    kept.detach();
    NDScope.unregister(kept);
    arrays.add(kept);
    observed = true;
  }

  void add(double loss) {
    hostSum += loss;
    observed = true;
  }

  boolean hasObserved() {
    return observed;
  }

  /** Returns the sum of the observed losses. */
  double sum() {
    double sum = hostSum;
    for (NDArray array : arrays) {
      try (NDArray total = array.sum();
          NDArray wide = total.toType(DataType.FLOAT64, true)) {
        sum += wide.getDouble();
      }
    }
    return sum;
  }

  /** Moves what was observed out of the way of the next step; it is to be cleared. */
  LossObserver take() {
    LossObserver taken = new LossObserver();
    taken.arrays.addAll(arrays);
    taken.hostSum = hostSum;
    taken.observed = observed;
    arrays.clear();
    clear();
    return taken;
  }

  void clear() {
    arrays.forEach(NDArray::close);
    arrays.clear();
    hostSum = 0;
    observed = false;
  }

  /**
   * Decorates a loss so that every value computed for training is seen here; {@code before} runs
   * before each evaluation.
   */
  Loss decorate(Loss loss, Runnable before) {
    return new ObservedLoss(loss, before);
  }

  /** Delegates everything; the evaluators' accumulators go to the original and are not observed. */
  private final class ObservedLoss extends Loss {

    private final Loss loss;
    private final Runnable before;

    ObservedLoss(Loss loss, Runnable before) {
      super(loss.getName());
      this.loss = loss;
      this.before = before;
    }

    @Override
    public NDArray evaluate(NDList labels, NDList predictions) {
      before.run();
      NDArray value = loss.evaluate(labels, predictions);
      if (EngineSupport.of(value).isCollectingGradients()) {
        add(value);
      }
      return value;
    }

    @Override
    public void addAccumulator(String key) {
      loss.addAccumulator(key);
    }

    @Override
    public void updateAccumulator(String key, NDList labels, NDList predictions) {
      loss.updateAccumulator(key, labels, predictions);
    }

    @Override
    public void updateAccumulators(String[] keys, NDList labels, NDList predictions) {
      loss.updateAccumulators(keys, labels, predictions);
    }

    @Override
    public void resetAccumulator(String key) {
      loss.resetAccumulator(key);
    }

    @Override
    public float getAccumulator(String key) {
      return loss.getAccumulator(key);
    }
  }
}
