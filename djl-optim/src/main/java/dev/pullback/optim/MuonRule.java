package dev.pullback.optim;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * Muon: momentum whose matrices are orthogonalised by five Newton–Schulz iterations, scaled by
 * sqrt(max(1, outputs / inputs)). Other tensors take Adam in its Nesterov form with the same
 * learning rate and no weight decay.
 *
 * @param momentum μ in [0, 1), the momentum of the matrices
 * @param adamBeta1 β1 in [0, 1) of the other tensors
 * @param adamBeta2 β2 in [0, 1) of the other tensors
 * @param epsilon ε ≥ 0, added to the Frobenius norm and to Adam's root
 * @param role what each parameter is; asked for matrices (rank 2) only, as nothing else is ever
 *     orthogonalised. The paper's setting takes all of them; current practice leaves embeddings and
 *     heads to Adam
 * @see <a href="https://kellerjordan.github.io/posts/muon/">Jordan et al., Muon (2024)</a>
 */
public record MuonRule(
    double momentum,
    double adamBeta1,
    double adamBeta2,
    double epsilon,
    Function<ParameterInfo, Role> role)
    implements KernelRule {

  /** What a matrix is to Muon. */
  public enum Role {
    /** Orthogonalised; a row for each output, as DJL's linear layers store their weights. */
    LINEAR,
    /** Orthogonalised; a row for each input, as a table of vectors is stored. */
    EMBEDDING,
    /** Not orthogonalised. */
    ADAM;

    /**
     * Takes all matrices for weights of linear layers, but those whose name ends in {@code
     * embedding}, as that of DJL's embedding blocks does.
     *
     * @param parameter the parameter
     * @return its role
     */
    public static Role byName(ParameterInfo parameter) {
      return parameter.path().endsWith("embedding") ? EMBEDDING : LINEAR;
    }
  }

  private static final String MOMENTUM = "momentum";
  private static final int ITERATIONS = 5;
  private static final double A = 3.4445;
  private static final double B = -4.7750;
  private static final double C = 2.0315;

  /** Checks the ranges. */
  public MuonRule {
    Checks.decayRate("momentum", momentum);
    Checks.decayRate("adam_beta1", adamBeta1);
    Checks.decayRate("adam_beta2", adamBeta2);
    Checks.nonNegative("eps", epsilon);
  }

  @Override
  public String name() {
    return "muon";
  }

  @Override
  public Map<String, Object> hyperparameters() {
    return Map.of(
        "momentum", momentum, "adam_beta1", adamBeta1, "adam_beta2", adamBeta2, "eps", epsilon);
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
    Stream<Double> numbers =
        Stream.of(
            momentum, adamBeta1, adamBeta2, Scalars.epsilon(epsilon), (double) context.updates());
    Stream<Double> scales =
        context.parameters().stream()
            .map(ParameterStep::info)
            .filter(this::isOrthogonalised)
            .map(this::scale);
    return new Kernel(
        "muon", MOMENTUM, AdamRule.MEAN_SQUARE, Stream.concat(numbers, scales).toList());
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
    return parameter.isMatrix() && role.apply(parameter) != Role.ADAM;
  }

  /** By what an orthogonalised update is multiplied. */
  private double scale(ParameterInfo parameter) {
    double aspect = (double) parameter.shape().get(0) / parameter.shape().get(1);
    return Math.sqrt(Math.max(1, role.apply(parameter) == Role.EMBEDDING ? 1 / aspect : aspect));
  }

  private void updateMatrix(ParameterStep p, double learningRate) {
    NDArray m = p.state(MOMENTUM);
    m.muli(momentum).addi(p.gradient().mul(1 - momentum));
    NDArray mean = AdamRule.nesterovMean(m, p.gradient(), momentum, p.updates());
    p.weight().subi(orthogonalise(mean).mul(learningRate * scale(p.info())));
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
