package dev.pullback.tokenizer;

/** Signals half a surrogate pair, which is no character and has no encoding. */
final class UnpairedSurrogateException extends IllegalArgumentException {

  private static final long serialVersionUID = 1L;

  UnpairedSurrogateException(char surrogate, long index) {
    super(
        "unpaired surrogate %s at index %d: the text is not valid Unicode"
            .formatted(CodePoints.describe(surrogate), index));
  }
}
