package dev.pullback.optim;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import dev.pullback.engine.AdamStep;
import dev.pullback.engine.EngineSupport;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Adam, and with weight decay AdamW: m ← β1 m + (1-β1) g; v ← β2 v + (1-β2) g²; θ ← θ - η m̂ /
 * (sqrt(v̂) + ε), both moments bias-corrected.
 *
 * @param name {@code adam} or {@code adamw}
 * @param beta1 β1 in [0, 1)
 * @param beta2 β2 in [0, 1)
 * @param epsilon ε ≥ 0
 * @see <a href="https://arxiv.org/abs/1412.6980">Kingma, Ba, Adam (2014)</a>
 * @see <a href="https://arxiv.org/abs/1711.05101">Loshchilov, Hutter, Decoupled Weight Decay
 *     Regularization (2017)</a>
 */
record AdamRule(String name, double beta1, double beta2, double epsilon) implements KernelRule {

  static final String MOMENTUM = "momentum";
  static final String MEAN_SQUARE = "meanSquare";

  /** Checks the ranges. */
  AdamRule {
    Checks.decayRate("beta1", beta1);
    Checks.decayRate("beta2", beta2);
    Checks.nonNegative("eps", epsilon);
  }

  @Override
  public Map<String, Object> hyperparameters() {
    return Map.of("beta1", beta1, "beta2", beta2, "eps", epsilon);
  }

  @Override
  public Map<String, Shape> stateShapes(ParameterInfo parameter) {
    return moments(parameter);
  }

  /** Two arrays of the parameter's shape: the average gradient and the average square. */
  static Map<String, Shape> moments(ParameterInfo parameter) {
    Map<String, Shape> shapes = new LinkedHashMap<>();
    shapes.put(MOMENTUM, parameter.shape());
    shapes.put(MEAN_SQUARE, parameter.shape());
    return shapes;
  }

  @Override
  public Kernel kernel(StepContext context) {
    return new Kernel(
        "adam",
        MOMENTUM,
        MEAN_SQUARE,
        List.of(beta1, beta2, Scalars.epsilon(epsilon), (double) context.updates()));
  }

  @Override
  public PreparedStep prepare(StepContext context) {
    return p -> update(p, context.learningRate(), false);
  }

  /**
   * Carries out the update, with the plain or the Nesterov estimate of the first moment: m̂ = β1 m
   * / (1 - β1^(t+1)) + (1-β1) g / (1 - β1^t).
   */
  void update(ParameterStep p, double learningRate, boolean nesterov) {
    if (!nesterov && fused(p, beta1, beta2, epsilon, learningRate)) {
      return;
    }
    NDArray m = p.state(MOMENTUM);
    NDArray v = p.state(MEAN_SQUARE);
    NDArray g = p.gradient();
    m.muli(beta1).addi(g.mul(1 - beta1));
    v.muli(beta2).addi(g.mul(g).muli(1 - beta2));
    NDArray d =
        v.div(Scalars.biasCorrection(beta2, p.updates())).sqrt().addi(Scalars.epsilon(epsilon));
    NDArray mean =
        nesterov
            ? nesterovMean(m, g, beta1, p.updates())
            : m.div(Scalars.biasCorrection(beta1, p.updates()));
    p.weight().subi(mean.divi(d).muli(learningRate));
  }

  /**
   * Lets the engine's own operator do the plain update, for any rule that keeps these moments.
   *
   * @return whether the engine has one; if not, nothing has changed
   */
  static boolean fused(
      ParameterStep p, double beta1, double beta2, double epsilon, double learningRate) {
    return EngineSupport.of(p.weight())
        .fusedAdam(
            new AdamStep(
                p.weight(),
                p.gradient(),
                p.state(MOMENTUM),
                p.state(MEAN_SQUARE),
                beta1,
                beta2,
                learningRate / Scalars.biasCorrection(beta1, p.updates()),
                Scalars.biasCorrection(beta2, p.updates()),
                Scalars.epsilon(epsilon)));
  }

  /** The bias-corrected average as it will be after one more step with the same gradient. */
  static NDArray nesterovMean(NDArray m, NDArray g, double beta, long t) {
    return m.mul(beta / Scalars.biasCorrection(beta, t + 1))
        .addi(g.mul((1 - beta) / Scalars.biasCorrection(beta, t)));
  }
}
