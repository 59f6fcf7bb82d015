package dev.pullback.train.report;

import java.awt.Color;
import java.util.List;

/**
 * Okabe and Ito's colours, which people with any colour vision can tell apart, with grey and brown
 * for their black and yellow, which light or dark pages hide.
 */
final class Palette {

  private static final List<Color> COLOURS =
      List.of(
          new Color(0x0072B2),
          new Color(0xD55E00),
          new Color(0x009E73),
          new Color(0xCC79A7),
          new Color(0xE69F00),
          new Color(0x56B4E9),
          new Color(0x8C8C8C),
          new Color(0x8C564B));

  private Palette() {}

  /** Returns a curve's colour; they repeat after {@link #size()}. */
  static Color colour(int index) {
    return COLOURS.get(index % COLOURS.size());
  }

  static int size() {
    return COLOURS.size();
  }

  /** Returns the colours as CSS writes them. */
  static List<String> css() {
    return COLOURS.stream().map(colour -> "#%06x".formatted(colour.getRGB() & 0xFFFFFF)).toList();
  }
}
