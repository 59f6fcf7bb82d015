package dev.pullback.tokenizer;

/** Leads from places in a text that was changed here and there to those in the text as it was. */
final class OffsetMap {

  /** Where the changed parts begin and end, in both texts, one after the other. */
  private final IdList begins = new IdList();

  private final IdList ends = new IdList();
  private final IdList oldBegins = new IdList();
  private final IdList oldEnds = new IdList();

  /** Takes a changed part, which comes after those before. */
  void add(long begin, long end, long oldBegin, long oldEnd) {
    begins.accept((int) begin);
    ends.accept((int) end);
    oldBegins.accept((int) oldBegin);
    oldEnds.accept((int) oldEnd);
  }

  /** Moves spans back, in place. A span that has some of a changed part then has all of it. */
  TokenSpans back(TokenSpans spans) {
    int[] changedBegins = begins.toArray();
    int[] changedEnds = ends.toArray();
    int[] oldBegin = oldBegins.toArray();
    int[] oldEnd = oldEnds.toArray();
    int part = 0; // the first that may have something of this span or of those after it
    for (int i = 0; i < spans.ids().length; i++) {
      int begin = spans.begins()[i];
      int end = spans.ends()[i];
      while (part < changedBegins.length && changedEnds[part] <= begin) {
        part++;
      }
      int last = part;
      while (last < changedBegins.length && changedBegins[last] < end) {
        last++;
      }
      int before = part == 0 ? 0 : oldEnd[part - 1] - changedEnds[part - 1];
      boolean inside = part < changedBegins.length && changedBegins[part] <= begin;
      spans.begins()[i] = inside ? oldBegin[part] : begin + before;
      int up = last == 0 ? 0 : oldEnd[last - 1] - changedEnds[last - 1];
      boolean within = last > 0 && end <= changedEnds[last - 1];
      spans.ends()[i] = within ? oldEnd[last - 1] : end + up;
    }
    return spans;
  }
}
