package dev.pullback.optim;

import ai.djl.ndarray.NDArray;
import dev.pullback.engine.EngineSupport;
import java.util.Map;
import java.util.Set;

/**
 * An average of the weights over the steps, for evaluation: {@link
 * StepOptimizer#withEvaluationWeights}.
 */
public sealed interface WeightAveraging {

  /**
   * The exponential moving average: a ← d a + (1-d) θ after each step, from the first weights on.
   *
   * @param decay d in [0, 1)
   * @return the averaging, which keeps {@code average}
   */
  static WeightAveraging exponential(double decay) {
    return new Exponential(decay);
  }

  /**
   * Schedule-Free: z ← z - η (d + λ y) with the direction d at y, the weights that are trained; x ←
   * x + c (z - x) with c = η²/Σ η², of the largest η so far; y ← (1-β) z + β x. The average x is
   * for evaluation. β takes the place of the rule's momentum, which should be 0, and the average
   * that of a decay of the learning rate, which may be warmed up.
   *
   * @param beta β in [0, 1)
   * @return the averaging, which keeps {@code base} and {@code average}
   * @see <a href="https://arxiv.org/abs/2405.15682">Defazio et al., The Road Less Scheduled
   *     (2024)</a>
   */
  static WeightAveraging scheduleFree(double beta) {
    return new ScheduleFree(beta);
  }

  /** Names what is kept beside each weight, and begins as a copy of it. */
  Set<String> copies();

  /** Names the numbers that are kept for the model as a whole. */
  Set<String> scalarNames();

  /** Returns the hyperparameters, by the names that users know. */
  Map<String, Object> hyperparameters();

  /**
   * Goes on after a step.
   *
   * @param learningRate η of the step
   * @param scalars the numbers kept, to be changed
   * @return what is to be done with every parameter
   */
  Update update(double learningRate, Map<String, Double> scalars);

  /** What is to be done with a parameter after a step. */
  @FunctionalInterface
  interface Update {

    /** Changes the averages, and perhaps the weight. */
    void of(NDArray weight, Map<String, NDArray> state);
  }

  /**
   * The exponential moving average.
   *
   * @param decay d in [0, 1)
   */
  record Exponential(double decay) implements WeightAveraging {

    /** Checks the range. */
    public Exponential {
      Checks.decayRate("ema_decay", decay);
    }

    @Override
    public Set<String> copies() {
      return Set.of(AVERAGE);
    }

    @Override
    public Set<String> scalarNames() {
      return Set.of();
    }

    @Override
    public Map<String, Object> hyperparameters() {
      return Map.of("ema_decay", decay);
    }

    @Override
    public Update update(double learningRate, Map<String, Double> scalars) {
      return (weight, state) -> state.get(AVERAGE).muli(decay).addi(weight.mul(1 - decay));
    }
  }

  /**
   * Schedule-Free averaging.
   *
   * @param beta β in [0, 1)
   */
  record ScheduleFree(double beta) implements WeightAveraging {

    private static final String LARGEST_RATE = "largestRate";
    private static final String WEIGHT_SUM = "weightSum";

    /** Checks the range. */
    public ScheduleFree {
      Checks.decayRate("beta1", beta);
    }

    @Override
    public Set<String> copies() {
      return Set.of(BASE, AVERAGE);
    }

    @Override
    public Set<String> scalarNames() {
      return Set.of(LARGEST_RATE, WEIGHT_SUM);
    }

    @Override
    public Map<String, Object> hyperparameters() {
      return Map.of("beta1", beta);
    }

    @Override
    public Update update(double learningRate, Map<String, Double> scalars) {
      double largest = Math.max(learningRate, scalars.getOrDefault(LARGEST_RATE, 0.0));
      double weight = largest * largest;
      double sum = scalars.getOrDefault(WEIGHT_SUM, 0.0) + weight;
      scalars.put(LARGEST_RATE, largest);
      scalars.put(WEIGHT_SUM, sum);
      double share = sum == 0 ? 0 : weight / sum;
      return (y, state) -> {
        NDArray z = state.get(BASE);
        NDArray x = state.get(AVERAGE);
        x.addi(z.sub(x).muli(share));
        EngineSupport.of(y).assign(y, x.sub(z).muli(beta).addi(z));
      };
    }
  }

  /** The state that holds the average. */
  String AVERAGE = "average";

  /** The state that moves in place of the weight. */
  String BASE = "base";
}
