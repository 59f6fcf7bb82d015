package dev.pullback.optim;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * Muon: momentum whose matrices are orthogonalised by five Newton–Schulz iterations, scaled by
 * sqrt(max(1, rows / columns)). Other tensors take Adam in its Nesterov form with the same learning
 * rate and no weight decay.
 *
 * @param beta β in [0, 1), the momentum of the matrices
 * @param adamBeta1 β1 in [0, 1) of the other tensors
 * @param adamBeta2 β2 in [0, 1) of the other tensors
 * @param epsilon ε ≥ 0, added to the Frobenius norm and to Adam's root
 * @param orthogonalised which parameters are orthogonalised; only matrices (rank 2) ever are. The
 *     paper's setting takes all of them; current practice excludes embeddings and heads
 * @see <a href="https://kellerjordan.github.io/posts/muon/">Jordan et al., Muon (2024)</a>
 */
public record MuonRule(
    double beta,
    double adamBeta1,
    double adamBeta2,
    double epsilon,
    Predicate<ParameterInfo> orthogonalised)
    implements KernelRule {

  private static final String MOMENTUM = "momentum";
  private static final int ITERATIONS = 5;
  private static final double A = 3.4445;
  private static final double B = -4.7750;
  private static final double C = 2.0315;

  /** Checks the ranges. */
  public MuonRule {
    Checks.decayRate("beta", beta);
    Checks.decayRate("adam_beta1", adamBeta1);
    Checks.decayRate("adam_beta2", adamBeta2);
    Checks.nonNegative("eps", epsilon);
  }

  @Override
  public String name() {
    return "muon";
  }

  @Override
  public Map<String, Shape> stateShapes(ParameterInfo parameter) {
    return isOrthogonalised(parameter)
        ? Map.of(MOMENTUM, parameter.shape())
        : AdamRule.moments(parameter);
  }

  @Override
  public boolean decays(ParameterInfo parameter) {
    return isOrthogonalised(parameter);
  }

  @Override
  public Kernel kernel(StepContext context) {
    long matrices = context.parameters().stream().filter(p -> isOrthogonalised(p.info())).count();
    return new Kernel(
        "muon",
        MOMENTUM,
        AdamRule.MEAN_SQUARE,
        List.of(
            beta,
            adamBeta1,
            adamBeta2,
            Scalars.epsilon(epsilon),
            (double) context.updates(),
            (double) matrices));
  }

  @Override
  public PreparedStep prepare(StepContext context) {
    AdamRule adam = new AdamRule("adam", adamBeta1, adamBeta2, epsilon);
    return p -> {
      if (isOrthogonalised(p.info())) {
        updateMatrix(p, context.learningRate());
      } else {
        adam.update(p, context.learningRate(), true);
      }
    };
  }

  private boolean isOrthogonalised(ParameterInfo parameter) {
    return parameter.isMatrix() && orthogonalised.test(parameter);
  }

  private void updateMatrix(ParameterStep p, double learningRate) {
    NDArray m = p.state(MOMENTUM);
    m.muli(beta).addi(p.gradient().mul(1 - beta));
    NDArray mean = AdamRule.nesterovMean(m, p.gradient(), beta, p.updates());
    Shape shape = p.info().shape();
    double aspect = Math.max(1, (double) shape.get(0) / shape.get(1));
    p.weight().subi(orthogonalise(mean).mul(learningRate * Math.sqrt(aspect)));
  }

  /** Five quintic Newton–Schulz iterations, which push all singular values towards 1. */
  private NDArray orthogonalise(NDArray matrix) {
    boolean tall = matrix.getShape().get(0) > matrix.getShape().get(1);
    NDArray x = tall ? matrix.transpose() : matrix;
    x = x.div(matrix.mul(matrix).sum().sqrt().add(Scalars.epsilon(epsilon)));
    for (int i = 0; i < ITERATIONS; i++) {
      NDArray a = x.matMul(x.transpose());
      NDArray polynomial = a.mul(B).addi(a.matMul(a).muli(C));
      x = x.mul(A).addi(polynomial.matMul(x));
    }
    return tall ? x.transpose() : x;
  }
}
