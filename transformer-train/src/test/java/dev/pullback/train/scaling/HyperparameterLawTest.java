package dev.pullback.train.scaling;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pullback.train.scaling.HyperparameterLaw.Optimum;
import java.util.List;
import org.junit.jupiter.api.Test;

class HyperparameterLawTest {

  private static final List<Optimum> RATES =
      List.of(
          new Optimum(2e4, 6e-3),
          new Optimum(5e4, 4.4e-3),
          new Optimum(1.2e5, 2.9e-3),
          new Optimum(3e5, 2.1e-3));

  /** Expected values are SciPy's linregress and theilslopes, and the textbook's intervals. */
  @Test
  void theLineIsThatOfSciPy() {
    HyperparameterLaw law = HyperparameterLaw.of(RATES);
    assertEstimate(-0.39604393, -0.47545301, -0.31663486, law.exponent());
    assertEstimate(0.30749925, 0.12533123, 0.75444711, law.coefficient());
    assertEstimate(1.4124109e-3, 1.1541968e-3, 1.7283921e-3, law.value(8e5));
    assertEstimate(1.4124109e-3, 1.0917822e-3, 1.8272001e-3, law.prediction(8e5));
    assertEquals(-0.39672039, law.theilSenExponent(), 1e-8);
  }

  private static void assertEstimate(double value, double low, double high, Estimate estimate) {
    assertEquals(value, estimate.value(), 1e-7 * Math.abs(value));
    assertEquals(low, estimate.low(), 1e-7 * Math.abs(low));
    assertEquals(high, estimate.high(), 1e-7 * Math.abs(high));
  }

  @Test
  void theCheckHardlyFeelsOneOddOptimum() {
    List<Optimum> odd =
        List.of(
            new Optimum(1e4, 1e-2),
            new Optimum(1e5, 1e-3),
            new Optimum(1e6, 1e-4),
            new Optimum(1e7, 1e-5),
            new Optimum(1e8, 1));
    HyperparameterLaw law = HyperparameterLaw.of(odd);
    assertEquals(-1, law.theilSenExponent(), 1e-12);
    assertTrue(law.exponent().value() > 0, law.exponent().toString());
  }

  @Test
  void twoOptimaHaveALineWithoutAnInterval() {
    HyperparameterLaw law = HyperparameterLaw.of(RATES.subList(0, 2));
    assertEquals(4.4e-3, law.value(5e4).value(), 1e-12);
    assertEquals(0, law.value(5e4).low());
    assertEquals(Double.POSITIVE_INFINITY, law.prediction(5e4).high());
    assertTrue(law.exponent().contains(0) && law.exponent().contains(-100));
  }

  @Test
  void anExactLineIsNoPrecision() {
    List<Optimum> grid =
        List.of(new Optimum(1e4, 0.1), new Optimum(1e5, 0.2), new Optimum(1e6, 0.4));
    HyperparameterLaw law = HyperparameterLaw.of(grid);
    assertEquals(Math.log10(2), law.exponent().value(), 1e-12);
    assertTrue(law.exponent().contains(0) && law.exponent().contains(-100));
    assertEquals(0.2, law.carriedTo(1e7), 1e-12);
  }

  @Test
  void whatWasNotShownToMoveIsCarriedAsItIs() {
    HyperparameterLaw shown = HyperparameterLaw.of(RATES);
    assertEquals(shown.value(8e5).value(), shown.carriedTo(8e5));
    List<Optimum> noisy =
        List.of(new Optimum(1e4, 0.1), new Optimum(1e5, 0.1), new Optimum(1e6, 0.8));
    assertEquals(0.2, HyperparameterLaw.of(noisy).carriedTo(1e7), 1e-12);
  }

  @Test
  void whatHasNoLawIsSaid() {
    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class,
            () -> HyperparameterLaw.of(List.of(RATES.get(0), RATES.get(0))));
    assertTrue(e.getMessage().contains("two sizes or more"), e.getMessage());
    assertThrows(IllegalArgumentException.class, () -> new Optimum(1e4, 0));
  }
}
