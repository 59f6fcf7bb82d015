package dev.pullback.train.generate;

import java.util.List;

/**
 * Ends a text before the first of some strings that is complete, of several at once before the
 * longest. Text that may yet become such a string is held back, so that it does not matter in which
 * pieces a text comes.
 */
final class StopStrings {

  private final List<String> stops;
  private final StringBuilder held = new StringBuilder();
  private boolean found;

  /** Takes the strings, none empty. */
  StopStrings(List<String> stops) {
    this.stops = stops;
  }

  /** Tells whether one of the strings came. */
  boolean found() {
    return found;
  }

  /**
   * Takes the next piece of text.
   *
   * @return what is certainly before any of the strings, often empty
   */
  String write(String piece) {
    for (int i = 0; i < piece.length() && !found; i++) {
      held.append(piece.charAt(i));
      stops.stream()
          .filter(this::endsWith)
          .mapToInt(String::length)
          .max()
          .ifPresent(
              length -> {
                found = true;
                held.setLength(held.length() - length);
              });
    }
    return take(found ? held.length() : held.length() - beginnings());
  }

  /** Returns what was held back, when nothing more comes. */
  String end() {
    return take(held.length());
  }

  private boolean endsWith(String stop) {
    int from = held.length() - stop.length();
    return from >= 0 && held.indexOf(stop, from) == from;
  }

  /** Returns how long the longest end is that one of the strings begins with. */
  private int beginnings() {
    for (int from = 0; from < held.length(); from++) {
      String end = held.substring(from);
      if (stops.stream().anyMatch(stop -> stop.startsWith(end))) {
        return end.length();
      }
    }
    return 0;
  }

  private String take(int length) {
    String text = held.substring(0, length);
    held.delete(0, length);
    return text;
  }
}
