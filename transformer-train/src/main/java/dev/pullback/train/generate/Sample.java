package dev.pullback.train.generate;

import dev.pullback.tokenizer.StreamingDecoder;
import dev.pullback.tokenizer.TextTokenizer;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.IntStream;

/** A text that grows token by token. */
final class Sample {

  private final TokenChooser chooser;
  private final int vocabulary;
  private final BitSet unused;
  private final Set<Integer> endTokens;
  private final StreamingDecoder decoder;
  private final StopStrings stops;
  private final Consumer<String> out;
  private boolean ended;

  /**
   * Begins a text.
   *
   * @param prompt what comes before
   * @param number which of the samples, from 0
   * @param endTokens tokens that end a text
   * @param out takes the text piece by piece
   */
  Sample(
      Generation generation,
      long[] prompt,
      int number,
      TextTokenizer tokenizer,
      Set<Integer> endTokens,
      Consumer<String> out) {
    chooser = new TokenChooser(generation.sampling(), number);
    chooser.see(prompt);
    vocabulary = tokenizer.vocabularySize();
    unused =
        IntStream.range(0, vocabulary)
            .filter(id -> !tokenizer.isToken(id))
            .collect(BitSet::new, BitSet::set, BitSet::or);
    decoder = tokenizer.newDecoder();
    stops = new StopStrings(generation.stops());
    this.endTokens = endTokens;
    this.out = out;
  }

  boolean ended() {
    return ended;
  }

  /**
   * Goes on by a token.
   *
   * @param logits what the model expects; it may have more rows than the tokenizer has tokens
   * @return the token; of an ended text, one of no meaning
   */
  int next(float[] logits) {
    if (ended) {
      return 0;
    }
    int token = chooser.choose(ofTokens(logits));
    if (endTokens.contains(token)) {
      end();
    } else {
      give(stops.write(decoder.write(token)));
      ended = stops.found();
    }
    return token;
  }

  /** Returns the logits of what can be decoded. */
  private float[] ofTokens(float[] logits) {
    if (logits.length == vocabulary && unused.isEmpty()) {
      return logits;
    }
    float[] known = Arrays.copyOf(logits, Math.min(logits.length, vocabulary));
    unused.stream()
        .takeWhile(id -> id < known.length)
        .forEach(id -> known[id] = Float.NEGATIVE_INFINITY);
    return known;
  }

  /** Gives what was held back, unless the text ended before. */
  void end() {
    if (!ended) {
      give(stops.write(decoder.end()));
      give(stops.end());
      ended = true;
    }
  }

  private void give(String text) {
    if (!text.isEmpty()) {
      out.accept(text);
    }
  }
}
