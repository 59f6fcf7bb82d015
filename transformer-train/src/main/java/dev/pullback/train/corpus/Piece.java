package dev.pullback.train.corpus;

import java.util.ArrayList;
import java.util.List;

/**
 * What is read of a file in one go: all of it, or the documents that begin in a range of a large
 * one.
 *
 * @param file the file
 * @param from the range's first byte
 * @param to the byte after its last; {@link Long#MAX_VALUE} for the end of the file
 */
record Piece(SourceFile file, long from, long to) {

  /** How much text there usually is in a byte of a compressed file. */
  private static final int COMPRESSION = 4;

  /**
   * Divides files into units of work, in order; the same files give the same units.
   *
   * @param unitBytes what is worth a place in the journal; a multiple of {@link LineCutter#STRIDE}
   */
  static List<List<Piece>> units(List<SourceFile> files, long unitBytes) {
    List<List<Piece>> units = new ArrayList<>();
    List<Piece> unit = new ArrayList<>();
    long size = 0;
    for (SourceFile file : files) {
      // A text that is one document cannot begin in two places.
      boolean divisible =
          file.format() != SourceFile.Format.ARCHIVE
              && !file.isCompressed()
              && file.size() > Documents.WHOLE_BYTES;
      long from = 0;
      do {
        boolean last = !divisible || from + unitBytes >= file.size();
        long to = last ? Long.MAX_VALUE : from + unitBytes;
        unit.add(new Piece(file, from, to));
        size += weight(file, from, unitBytes);
        from = to;
        if (size >= unitBytes) {
          units.add(unit);
          unit = new ArrayList<>();
          size = 0;
        }
      } while (from != Long.MAX_VALUE);
    }
    if (!unit.isEmpty()) {
      units.add(unit);
    }
    return units;
  }

  private static long weight(SourceFile file, long from, long unitBytes) {
    boolean packed = file.format() == SourceFile.Format.ARCHIVE || file.isCompressed();
    return packed ? COMPRESSION * file.size() : Math.min(unitBytes, file.size() - from);
  }
}
