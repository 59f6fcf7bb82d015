package dev.pullback.train.model;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * How Llama 3.1 and later slow down the rotations of long wavelengths, so that more positions fit.
 * With wavelength λ = 2π / f: f stays where λ &lt; length / high, becomes f / factor where λ &gt;
 * length / low, and changes smoothly between the two.
 *
 * @param factor how many times slower, at least 1
 * @param low turns of a sequence of the original length below which a frequency is divided by the
 *     factor, above 0
 * @param high turns from which on a frequency stays, above {@code low}
 * @param length the original context in tokens, at least 1
 * @see <a href="https://arxiv.org/abs/2407.21783">The Llama 3 herd of models (2024)</a>
 */
public record RotaryScaling(double factor, double low, double high, int length) {

  private static final Pattern TEXT =
      Pattern.compile("factor=(\\S+) low=(\\S+) high=(\\S+) length=([0-9]{1,9})");

  /** Checks the ranges. */
  public RotaryScaling {
    if (!(factor >= 1 && factor < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException("factor must be at least 1, but is " + factor);
    }
    if (!(low > 0 && high > low && high < Double.POSITIVE_INFINITY)) {
      throw new IllegalArgumentException(
          "low must be above 0 and high above low, but they are %s and %s".formatted(low, high));
    }
    if (length < 1) {
      throw new IllegalArgumentException("length must be at least 1, but is " + length);
    }
  }

  /**
   * Reads a scaling.
   *
   * @param text such as {@code factor=8.0 low=1.0 high=4.0 length=8192}
   * @return the scaling
   * @throws IllegalArgumentException if the text is none
   */
  public static RotaryScaling parse(String text) {
    Matcher parts = TEXT.matcher(text);
    if (!parts.matches()) {
      throw new IllegalArgumentException(
          "'%s' is not such as 'factor=8 low=1 high=4 length=8192'".formatted(text));
    }
    try {
      return new RotaryScaling(
          Double.parseDouble(parts.group(1)),
          Double.parseDouble(parts.group(2)),
          Double.parseDouble(parts.group(3)),
          Integer.parseInt(parts.group(4)));
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "'%s': %s is no number".formatted(text, e.getMessage()), e);
    }
  }

  /** Scales a frequency in radians per token. */
  float apply(float frequency) {
    double wavelength = 2 * Math.PI / frequency;
    if (wavelength < length / high) {
      return frequency;
    }
    if (wavelength > length / low) {
      return (float) (frequency / factor);
    }
    double smooth = (length / wavelength - low) / (high - low);
    return (float) ((1 - smooth) * frequency / factor + smooth * frequency);
  }

  /** Writes the scaling as it is read. */
  @Override
  public String toString() {
    return "factor=%s low=%s high=%s length=%s".formatted(factor, low, high, length);
  }
}
