package dev.pullback.train.scaling;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pullback.train.scaling.ScalingLaw.Form;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SpeedUpTest {

  private static final double SIZE = 5e4;

  @Test
  void theLawsSpeedUpIsThatOfTheTruth() {
    Synthetic truth = Synthetic.of(Form.SIZE_AND_TOKENS, 5, 0.001);
    ScalingData data = ScalingData.of(truth.points(1));
    LawBootstrap bootstrap = LawBootstrap.of(LawFitter.forData(data), data, 79, 1);
    double loss = truth.law().loss("muon", SIZE, 20 * SIZE);
    double expected = truth.law().tokensFor("adamw", SIZE, loss) / (20 * SIZE);
    Estimate speedUp = SpeedUp.ofLaw(bootstrap, "muon", "adamw", SIZE, 20 * SIZE);
    assertTrue(speedUp.contains(expected), speedUp + " " + expected);
    assertEquals(Verdict.BETTER, Verdict.ofSpeedUp(speedUp));
    assertEquals(
        Verdict.WORSE,
        Verdict.ofSpeedUp(SpeedUp.ofLaw(bootstrap, "adamw", "muon", SIZE, 20 * SIZE)));
  }

  @Test
  void withOneRatioItIsThatOfEfficiencies() {
    ScalingData data = ScalingData.of(Synthetic.of(Form.ONE_RATIO, 3, 0.001).points(1));
    LawBootstrap bootstrap = LawBootstrap.of(LawFitter.forData(data), data, 79, 1);
    Estimate speedUp = SpeedUp.ofLaw(bootstrap, "muon", "adamw", SIZE, 20 * SIZE);
    assertTrue(speedUp.contains(1.2), speedUp.toString());
    assertThrows(
        IllegalArgumentException.class,
        () -> SpeedUp.ofLaw(bootstrap, "soap", "adamw", SIZE, 20 * SIZE));
    assertEquals(Verdict.BETTER, Verdict.ofSpeedUp(speedUp));
  }

  /** Of powers, straight lines between points of logarithms are exact. */
  @Test
  void measuredBetweenPointsItIsExact() {
    List<LossPoint> points = new ArrayList<>();
    for (int seed = 0; seed < 3; seed++) {
      double shared = 1 + 0.001 * seed;
      for (double tokens : new double[] {1e6, 4e6, 1.6e7}) {
        points.add(point("adamw", tokens, seed, shared * Math.pow(tokens, -0.1)));
        points.add(point("muon", tokens, seed, shared * Math.pow(1.5 * tokens, -0.1)));
      }
    }
    Estimate speedUp = SpeedUp.measured(points, "muon", "adamw", SIZE, 4e6, 200, 1);
    assertEquals(1.5, speedUp.value(), 1e-9);
    assertTrue(speedUp.low() > 1.45 && speedUp.high() < 1.55, speedUp.toString());
    assertEquals(
        Double.POSITIVE_INFINITY,
        SpeedUp.measured(points, "muon", "adamw", SIZE, 1.6e7, 100, 1).value());
    assertEquals(0, SpeedUp.measured(points, "adamw", "muon", SIZE, 1e6, 100, 1).value());
    assertEquals(
        1 / 1.5, SpeedUp.measured(points, "adamw", "muon", SIZE, 4e6, 200, 1).value(), 1e-9);
  }

  @Test
  void whatIsBeyondTheCurveHasTheEndsThatWereDrawn() {
    List<LossPoint> points = new ArrayList<>();
    double[] more = {0, 0.02, 0.04};
    for (int seed = 0; seed < 3; seed++) {
      points.add(point("adamw", 1e6, seed, 3.0));
      points.add(point("adamw", 4e6, seed, 2.0));
      points.add(point("near", 4e6, seed, 1.97 + more[seed])); // 1.99 on average
      points.add(point("far", 1e6, seed, 1.5 + more[seed]));
    }
    Estimate near = SpeedUp.measured(points, "near", "adamw", SIZE, 4e6, 400, 1);
    assertEquals(Double.POSITIVE_INFINITY, near.value());
    assertTrue(near.low() > 0.9 && near.low() <= 1, near.toString());
    assertEquals(Verdict.NO_DIFFERENCE_SHOWN, Verdict.ofSpeedUp(near));
    Estimate far = SpeedUp.measured(points, "far", "adamw", SIZE, 1e6, 400, 1);
    assertEquals(Verdict.BETTER, Verdict.ofSpeedUp(far), far.toString());
  }

  /** Two optimisers of one law, whose seeds differ. */
  @Test
  void noiseAloneShowsNoDifference() {
    Synthetic truth = Synthetic.of(Form.SIZE_AND_TOKENS, 5, 0.01);
    List<LossPoint> points = new ArrayList<>(truth.points(1));
    points.removeIf(p -> !p.optimizer().equals("adamw"));
    truth.points(2).stream()
        .filter(p -> p.optimizer().equals("adamw"))
        .map(p -> new LossPoint("again", p.parameters(), p.tokens(), p.seed(), p.loss()))
        .forEach(points::add);
    Estimate again = SpeedUp.measured(points, "again", "adamw", SIZE, 20 * SIZE, 200, 1);
    assertEquals(Verdict.NO_DIFFERENCE_SHOWN, Verdict.ofSpeedUp(again), again.toString());
    assertTrue(again.low() < again.value() && again.value() < again.high(), again.toString());
    assertEquals(again, SpeedUp.measured(points, "again", "adamw", SIZE, 20 * SIZE, 200, 1));
  }

  @Test
  void oneSeedBoundsNothing() {
    List<LossPoint> points = Synthetic.of(Form.SIZE_AND_TOKENS, 1, 0).points(1);
    Estimate speedUp = SpeedUp.measured(points, "muon", "adamw", SIZE, 20 * SIZE, 100, 1);
    assertEquals(0, speedUp.low());
    assertEquals(Double.POSITIVE_INFINITY, speedUp.high());
  }

  @Test
  void runsThatAreMissingAreSaid() {
    List<LossPoint> points = List.of(point("adamw", 1e6, 1, 2), point("muon", 1e6, 1, 2));
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class,
            () -> SpeedUp.measured(points, "muon", "adamw", SIZE, 1e6, 100, 1));
    assertTrue(e.getMessage().contains("adamw with two numbers of tokens or more, not 1"));
  }

  private static LossPoint point(String optimizer, double tokens, long seed, double loss) {
    return new LossPoint(optimizer, SIZE, tokens, seed, loss);
  }
}
