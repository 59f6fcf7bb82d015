package dev.pullback.optim;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import dev.pullback.engine.EngineSupport;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Shampoo: L ← β L + (1-β) G Gᵀ, R ← β R + (1-β) GᵀG; γ⁻¹ x = L^-¼ x R^-¼, with the roots of the
 * bias-corrected factors, eigenvalues w → (max(w, 0) + ε)^-¼, renewed at steps 1, 1+f, 1+2f, …
 *
 * @param betaRms β in [0, 1)
 * @param epsilon ε ≥ 0
 * @param blocks sides, blocks and renewal
 */
record ShampooMetric(double betaRms, double epsilon, MatrixBlocks blocks)
    implements FactoredMetric {

  private static final String LEFT = "left";
  private static final String RIGHT = "right";
  private static final String ROOT = "Root";

  /** Checks the ranges. */
  ShampooMetric {
    Checks.decayRate("beta_rms", betaRms);
    Checks.nonNegative("eps", epsilon);
  }

  @Override
  public String name() {
    return "shampoo";
  }

  @Override
  public Map<String, Shape> matrixState(ParameterInfo matrix) {
    return Blocks.of(matrix.shape(), blocks)
        .sides(List.of(LEFT, LEFT + ROOT), List.of(RIGHT, RIGHT + ROOT));
  }

  @Override
  public Inverse matrixInverse(ParameterStep p) {
    Blocks cut = Blocks.of(p.info().shape(), blocks);
    Map<String, NDArray> roots = new HashMap<>();
    if ((p.updates() - 1) % blocks.every() == 0) {
      for (Blocks.Block block : cut.all()) {
        NDArray g = block.of(p.gradient());
        if (block.hasLeft()) {
          renew(p, LEFT, block, g.matMul(g.transpose()), roots);
        }
        if (block.hasRight()) {
          renew(p, RIGHT, block, g.transpose().matMul(g), roots);
        }
      }
    }
    return new Inverse() {
      @Override
      public NDArray apply(NDArray covector) {
        return cut.map(
            block -> {
              NDArray x = block.of(covector);
              x = block.hasLeft() ? root(LEFT, block).matMul(x) : x;
              return block.hasRight() ? x.matMul(root(RIGHT, block)) : x;
            });
      }

      private NDArray root(String side, Blocks.Block block) {
        String name = side + ROOT + block.suffix();
        return roots.getOrDefault(name, p.state(name));
      }

      @Override
      public void commit() {
        for (Blocks.Block block : cut.all()) {
          NDArray g = block.of(p.gradient());
          if (block.hasLeft()) {
            average(p.state(LEFT + block.suffix()), g.matMul(g.transpose()), betaRms);
          }
          if (block.hasRight()) {
            average(p.state(RIGHT + block.suffix()), g.transpose().matMul(g), betaRms);
          }
        }
        roots.forEach((name, root) -> EngineSupport.of(root).assign(p.state(name), root));
      }
    };
  }

  static void average(NDArray state, NDArray product, double beta) {
    state.muli(beta).addi(product.muli(1 - beta));
  }

  private void renew(
      ParameterStep p,
      String side,
      Blocks.Block block,
      NDArray product,
      Map<String, NDArray> roots) {
    NDArray factor =
        p.state(side + block.suffix())
            .mul(betaRms)
            .addi(product.muli(1 - betaRms))
            .divi(Scalars.biasCorrection(betaRms, p.updates()));
    Decompositions.Eigen eigen =
        Decompositions.eigen(factor, "Shampoo's %s factor of %s".formatted(side, p.info().path()));
    NDArray powers = eigen.values().maximum(0).addi(Scalars.epsilon(epsilon)).powi(-0.25);
    roots.put(
        side + ROOT + block.suffix(),
        eigen.vectors().mul(powers).matMul(eigen.vectors().transpose()));
  }
}
