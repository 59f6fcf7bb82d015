package dev.pullback.train.scaling;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pullback.train.scaling.ScalingLaw.Form;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class LawFitterTest {

  @ParameterizedTest
  @EnumSource
  void bothSolversFindTheLawOfPointsWithoutNoise(Form form) {
    Synthetic truth = Synthetic.of(form, 1, 0);
    ScalingData data = ScalingData.of(truth.points(1));
    LawFitter fitter = LawFitter.forData(data);
    assertEquals(form, fitter.form());
    assertSame(truth.law(), fitter.byVariableProjection(data), 1e-4);
    assertSame(truth.law(), fitter.byLbfgs(data), 1e-4);
  }

  @ParameterizedTest
  @EnumSource
  void bothSolversFindOneMinimumOfPointsWithNoise(Form form) {
    ScalingData data = ScalingData.of(Synthetic.of(form, 3, 0.004).points(2));
    LawFitter fitter = LawFitter.forData(data);
    LawFit projected = fitter.byVariableProjection(data);
    LawFit searched = fitter.byLbfgs(data);
    assertEquals(searched.objective(), projected.objective(), 1e-7 * searched.objective());
    assertSame(searched.law(), projected, 1e-3);
    assertSame(searched.law(), fitter.from(data, searched.law()), 1e-6);
  }

  private static void assertSame(ScalingLaw expected, LawFit fit, double share) {
    assertTrue(fit.converged());
    Map<String, Double> values = fit.law().values();
    assertEquals(expected.values().keySet(), values.keySet());
    expected
        .values()
        .forEach((name, value) -> assertEquals(value, values.get(name), share * value, name));
  }

  @Test
  void outliersDoNotPull() {
    Synthetic truth = Synthetic.of(Form.SIZE_AND_TOKENS, 5, 0);
    List<LossPoint> points = new ArrayList<>(truth.points(1));
    LossPoint first = points.get(0);
    points.set(
        0,
        new LossPoint(
            first.optimizer(), first.parameters(), first.tokens(), first.seed(), 3 * first.loss()));
    ScalingData data = ScalingData.of(points);
    LawFitter fitter = LawFitter.forData(data);
    assertSame(truth.law(), fitter.byLbfgs(data), 0.03);
    assertSame(truth.law(), fitter.byVariableProjection(data), 0.03);
  }

  /** Points that rise with size want a negative A; what they can have is none. */
  @Test
  void coefficientsAreNotNegative() {
    List<LossPoint> points = new ArrayList<>();
    for (double size : new double[] {1e4, 1e5, 1e6}) {
      for (double ratio : new double[] {5, 20, 80}) {
        double tokens = ratio * size;
        double loss = (1 + 50 * Math.pow(tokens, -0.4)) * Math.pow(size, 0.003);
        points.add(new LossPoint("adamw", size, tokens, 1, loss));
      }
    }
    ScalingData data = ScalingData.of(points);
    LawFit fit = LawFitter.forData(data).byVariableProjection(data);
    assertEquals(0, fit.law().a());
    assertTrue(fit.law().b() > 0);
  }

  @Test
  void theGradientIsThatOfTheObjective() {
    ScalingData data = ScalingData.of(Synthetic.of(Form.SIZE_AND_TOKENS, 2, 0.01).points(3));
    LawProblem problem = new LawProblem(data, Form.SIZE_AND_TOKENS, 1e-2);
    double[] x = problem.numbers(Synthetic.of(Form.SIZE_AND_TOKENS, 1, 0).law());
    double[] gradient = new double[x.length];
    double[] ignored = new double[x.length];
    problem.valueAndGradient(x, gradient);
    for (int i = 0; i < x.length; i++) {
      double[] ahead = x.clone();
      double[] behind = x.clone();
      ahead[i] += 1e-5;
      behind[i] -= 1e-5;
      double slope =
          (problem.valueAndGradient(ahead, ignored) - problem.valueAndGradient(behind, ignored))
              / 2e-5;
      assertEquals(slope, gradient[i], 1e-6, "number " + i);
    }
  }

  @Test
  void aLawAndItsNumbersAreTheSame() {
    ScalingLaw law = Synthetic.of(Form.SIZE_AND_TOKENS, 1, 0).law();
    ScalingData data = ScalingData.of(Synthetic.of(Form.SIZE_AND_TOKENS, 1, 0).points(1));
    LawProblem problem = new LawProblem(data, Form.SIZE_AND_TOKENS, 1e-3);
    ScalingLaw again = problem.law(problem.numbers(law));
    law.values()
        .forEach((name, value) -> assertEquals(value, again.values().get(name), 1e-9 * value));
    double[] gradient = new double[problem.coefficients() + 2];
    assertEquals(0, problem.valueAndGradient(problem.numbers(law), gradient), 1e-20);
  }

  @Test
  void tokensAreThoseThatReachTheLoss() {
    ScalingLaw law = Synthetic.of(Form.SIZE_AND_TOKENS, 1, 0).law();
    double loss = law.loss("muon", 1e5, 2e6);
    assertEquals(2e6, law.tokensFor("muon", 1e5, loss), 1e-3);
    assertEquals(Double.POSITIVE_INFINITY, law.tokensFor("muon", 1e5, 0.91));
    ScalingLaw one = Synthetic.of(Form.ONE_RATIO, 1, 0).law();
    assertThrows(IllegalStateException.class, () -> one.tokensFor("muon", 1e5, 2));
  }

  @Test
  void whatCannotBeFittedIsSaid() {
    List<LossPoint> points = new ArrayList<>(Synthetic.of(Form.SIZE_AND_TOKENS, 1, 0).points(1));
    points.removeIf(p -> p.optimizer().equals("muon") && p.tokens() != 20 * p.parameters());
    assertSays(points, "muon was run at one ratio of tokens to parameters, 20.00");
    List<LossPoint> one = points.stream().filter(p -> p.optimizer().equals("adamw")).toList();
    assertSays(one.subList(0, 4), "cannot be fitted to 4 cells of 2 sizes");
    assertSays(List.of(), "no points");
    points.add(points.get(0));
    assertSays(points, "adamw has two losses at 20000.0 parameters, 100000.0 tokens and seed 0");
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class, () -> new LossPoint("adamw", 1, 1, 1, Double.NaN));
    assertEquals("loss must be a number greater than 0, not NaN", e.getMessage());
  }

  private static void assertSays(List<LossPoint> points, String message) {
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class, () -> LawFitter.forData(ScalingData.of(points)));
    assertTrue(e.getMessage().contains(message), e.getMessage());
  }
}
