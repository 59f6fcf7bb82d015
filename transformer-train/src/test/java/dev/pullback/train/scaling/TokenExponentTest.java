package dev.pullback.train.scaling;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pullback.train.scaling.TokenExponent.Optimum;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class TokenExponentTest {

  private static Optimum optimum(double parameters, double tokens) {
    return new Optimum(parameters, tokens, 3 * Math.pow(parameters, -0.5) * Math.pow(tokens, 0.25));
  }

  private static final List<Optimum> OPTIMA =
      List.of(optimum(1e4, 2e5), optimum(1e4, 8e5), optimum(5e4, 1e6), optimum(2e5, 4e6));

  @Test
  void sizesAreHeldFixed() {
    Estimate c = TokenExponent.of(OPTIMA).orElseThrow();
    assertEquals(0.25, c.value(), 1e-9);
    assertTrue(Double.isInfinite(c.low()), "it goes through all of them");
  }

  /** Expected values are NumPy's lstsq and Student's quantile for two degrees of freedom. */
  @Test
  void noiseWidensTheInterval() {
    List<Optimum> noisy =
        Stream.concat(OPTIMA.stream(), Stream.of(new Optimum(2e5, 1e6, 0.3))).toList();
    Estimate c = TokenExponent.of(noisy).orElseThrow();
    assertEquals(0.12314194, c.value(), 1e-8);
    assertEquals(-0.29315307, c.low(), 1e-8);
    assertEquals(0.53943696, c.high(), 1e-8);
  }

  @Test
  void oneSizeIsALine() {
    List<Optimum> one = List.of(optimum(1e4, 5e4), optimum(1e4, 2e5), optimum(1e4, 8e5));
    assertEquals(0.25, TokenExponent.of(one).orElseThrow().value(), 1e-9);
  }

  @Test
  void oneRatioSaysNothing() {
    List<Optimum> one = List.of(optimum(1e4, 2e5), optimum(5e4, 1e6), optimum(2e5, 4e6));
    assertEquals(Optional.empty(), TokenExponent.of(one));
    assertEquals(Optional.empty(), TokenExponent.of(OPTIMA.subList(0, 2)));
    assertEquals(Optional.empty(), TokenExponent.of(List.of()));
  }

  @Test
  void aPlaneThroughAllOfThemHasNoInterval() {
    Estimate c = TokenExponent.of(OPTIMA.subList(0, 3)).orElseThrow();
    assertEquals(0.25, c.value(), 1e-9);
    assertTrue(Double.isInfinite(c.low()), c.toString());
  }
}
