package dev.pullback.optim;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import java.util.Map;

/**
 * RMSprop with momentum: v ← d v + (1-d) g², not bias-corrected; u = g / sqrt(v + ε); b ← μ b + η
 * u; θ ← θ - b.
 *
 * @param decay d in [0, 1)
 * @param momentum μ in [0, 1)
 * @param epsilon ε ≥ 0, inside the root
 * @see <a href="https://www.cs.toronto.edu/~tijmen/csc321/slides/lecture_slides_lec6.pdf">Tieleman,
 *     Hinton, Neural Networks for Machine Learning, lecture 6 (2012)</a>
 */
record RmsPropRule(double decay, double momentum, double epsilon) implements KernelRule {

  private static final String MOMENTUM = "momentum";
  private static final String MEAN_SQUARE = "meanSquare";

  /** Checks the ranges. */
  RmsPropRule {
    Checks.decayRate("decay", decay);
    Checks.decayRate("momentum", momentum);
    Checks.nonNegative("eps", epsilon);
  }

  @Override
  public String name() {
    return "rmsprop";
  }

  @Override
  public Map<String, Object> hyperparameters() {
    return Map.of("decay", decay, "momentum", momentum, "eps", epsilon);
  }

  @Override
  public Map<String, Shape> stateShapes(ParameterInfo parameter) {
    return AdamRule.moments(parameter);
  }

  @Override
  public Kernel kernel(StepContext context) {
    return new Kernel(
        "rmsprop", MOMENTUM, MEAN_SQUARE, List.of(decay, momentum, Scalars.epsilon(epsilon)));
  }

  @Override
  public PreparedStep prepare(StepContext context) {
    return p -> {
      NDArray b = p.state(MOMENTUM);
      NDArray v = p.state(MEAN_SQUARE);
      NDArray g = p.gradient();
      v.muli(decay).addi(g.mul(g).muli(1 - decay));
      b.muli(momentum)
          .addi(g.div(v.add(Scalars.epsilon(epsilon)).sqrt()).muli(context.learningRate()));
      p.weight().subi(b);
    };
  }
}
