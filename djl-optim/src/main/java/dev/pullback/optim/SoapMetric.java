package dev.pullback.optim;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import dev.pullback.engine.EngineSupport;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * SOAP. The first step of a matrix only looks: L ← (1-β) G Gᵀ, R ← (1-β) GᵀG, and their eigenbases
 * Q_L and Q_R by falling eigenvalue; γ⁻¹ is 0. From the second step on, k = t - 1: p = Q_Lᵀ g Q_R;
 * v ← β v + (1-β) p²; d = sqrt(v / (1-β^k)) + ε; γ⁻¹ x = Q_L [(Q_Lᵀ x Q_R) / d] Q_Rᵀ. Afterwards L
 * and R go on, and if k is a multiple of f the bases take a step of orthogonal iteration.
 *
 * @param betaRms β in [0, 1)
 * @param epsilon ε ≥ 0
 * @param blocks sides, blocks and renewal
 * @see <a href="https://arxiv.org/abs/2409.11321">Vyas et al., SOAP (2024)</a>
 */
record SoapMetric(double betaRms, double epsilon, MatrixBlocks blocks) implements FactoredMetric {

  private static final String LEFT = "left";
  private static final String RIGHT = "right";
  private static final String BASIS = "Basis";
  private static final String MEAN_SQUARE = "meanSquare";

  /** Checks the ranges. */
  SoapMetric {
    Checks.decayRate("beta_rms", betaRms);
    Checks.nonNegative("eps", epsilon);
  }

  @Override
  public String name() {
    return "soap";
  }

  @Override
  public Map<String, Shape> matrixState(ParameterInfo matrix) {
    return UpdateRule.requireDistinct(
        "SOAP",
        List.of(
            Blocks.of(matrix.shape(), blocks)
                .sides(List.of(LEFT, LEFT + BASIS), List.of(RIGHT, RIGHT + BASIS)),
            Map.of(MEAN_SQUARE, matrix.shape())));
  }

  @Override
  public Inverse matrixInverse(ParameterStep p) {
    Matrix matrix = new Matrix(p, Blocks.of(p.info().shape(), blocks), new HashMap<>());
    return p.updates() == 1 ? matrix.look() : matrix.step();
  }

  /** A matrix in one step; {@code next} is what its state becomes. */
  private final class Matrix {

    private final ParameterStep p;
    private final Blocks cut;
    private final Map<String, NDArray> next;

    Matrix(ParameterStep p, Blocks cut, Map<String, NDArray> next) {
      this.p = p;
      this.cut = cut;
      this.next = next;
    }

    Inverse look() {
      for (Blocks.Block block : cut.all()) {
        average(block);
        for (String side : sides(block)) {
          String name = side + block.suffix();
          NDArray vectors = Decompositions.eigen(next.get(name), what(side)).vectors();
          next.put(side + BASIS + block.suffix(), vectors.flip(1));
        }
      }
      return inverse(NDArray::zerosLike);
    }

    Inverse step() {
      long k = p.updates() - 1;
      NDArray square =
          cut.map(
              block -> {
                NDArray rotated = rotate(block, block.of(p.gradient()));
                return block
                    .of(p.state(MEAN_SQUARE))
                    .mul(betaRms)
                    .addi(rotated.mul(rotated).muli(1 - betaRms));
              });
      NDArray d =
          square.div(Scalars.biasCorrection(betaRms, k)).sqrt().addi(Scalars.epsilon(epsilon));
      for (Blocks.Block block : cut.all()) {
        average(block);
      }
      next.put(MEAN_SQUARE, square);
      if (k % blocks.every() == 0) {
        next.put(MEAN_SQUARE, cut.map(block -> iterate(block, block.of(square))));
      }
      return inverse(
          x -> cut.map(block -> rotateBack(block, rotate(block, block.of(x)).divi(block.of(d)))));
    }

    private Inverse inverse(UnaryOperator<NDArray> apply) {
      return new Inverse() {
        @Override
        public NDArray apply(NDArray covector) {
          return apply.apply(covector);
        }

        @Override
        public void commit() {
          next.forEach((name, array) -> EngineSupport.of(array).assign(p.state(name), array));
        }
      };
    }

    private List<String> sides(Blocks.Block block) {
      return block.hasLeft()
          ? block.hasRight() ? List.of(LEFT, RIGHT) : List.of(LEFT)
          : block.hasRight() ? List.of(RIGHT) : List.of();
    }

    /** Prepares L and R with this step's gradient. */
    private void average(Blocks.Block block) {
      NDArray g = block.of(p.gradient());
      for (String side : sides(block)) {
        NDArray product = side.equals(LEFT) ? g.matMul(g.transpose()) : g.transpose().matMul(g);
        String name = side + block.suffix();
        next.put(name, p.state(name).mul(betaRms).addi(product.muli(1 - betaRms)));
      }
    }

    private NDArray iterate(Blocks.Block block, NDArray square) {
      NDArray permuted = square;
      for (String side : sides(block)) {
        String name = side + BASIS + block.suffix();
        Decompositions.Basis basis =
            Decompositions.iterate(
                next.get(side + block.suffix()),
                p.state(name),
                permuted,
                side.equals(LEFT) ? 0 : 1,
                what(side));
        next.put(name, basis.basis());
        permuted = basis.square();
      }
      return permuted;
    }

    private NDArray rotate(Blocks.Block block, NDArray x) {
      NDArray y = block.hasLeft() ? basis(LEFT, block).transpose().matMul(x) : x;
      y = block.hasRight() ? y.matMul(basis(RIGHT, block)) : y;
      return y == x ? x.duplicate() : y;
    }

    private NDArray rotateBack(Blocks.Block block, NDArray x) {
      NDArray y = block.hasLeft() ? basis(LEFT, block).matMul(x) : x;
      return block.hasRight() ? y.matMul(basis(RIGHT, block).transpose()) : y;
    }

    /** The basis of this step, which is that of the state. */
    private NDArray basis(String side, Blocks.Block block) {
      return p.state(side + BASIS + block.suffix());
    }

    private String what(String side) {
      return "SOAP's %s factor of %s".formatted(side, p.info().path());
    }
  }
}
