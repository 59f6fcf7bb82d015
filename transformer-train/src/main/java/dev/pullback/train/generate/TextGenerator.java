package dev.pullback.train.generate;

import dev.pullback.tokenizer.UnknownCharacterException;
import dev.pullback.train.InputException;
import dev.pullback.train.model.CachedDecoder;
import dev.pullback.train.task.LanguageModel;
import java.util.Arrays;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.IntStream;

/** Continues a text token by token; see {@link CachedDecoder} for how far a token sees back. */
public final class TextGenerator {

  private final LanguageModel model;

  /**
   * Creates a generator.
   *
   * @param model the model and its tokenizer; stays the caller's
   */
  public TextGenerator(LanguageModel model) {
    this.model = model;
  }

  /**
   * Generates a text.
   *
   * @param prompt what to continue, at least one character
   * @param count tokens to generate, at least 0
   * @param sampling how tokens are chosen
   * @param stop asked before every token whether to stop early
   * @param out takes each token's text as soon as its characters are complete; the prompt is not
   *     repeated
   * @throws InputException if the prompt is empty or has a character that the model does not know
   */
  public void generate(
      String prompt, int count, Sampling sampling, BooleanSupplier stop, Consumer<String> out) {
    generate(prompt, new Generation(count, sampling, List.of()), stop, List.of(out));
  }

  /**
   * Generates several texts at once, each with random numbers of its own, which derive from the
   * seed and the number of the text. So a text does not depend on how many others there are, as far
   * as the engine's arithmetic does not depend on the size of a batch. A text ends at an end token
   * of the model, which is not part of it, before a stop string, or with the last token.
   *
   * @param prompt what to continue, at least one character
   * @param generation what to generate
   * @param stop asked before every token whether to stop early
   * @param outs for each text, takes it piece by piece; no piece ends within a character
   * @throws InputException if the prompt is empty or has a character that the model does not know
   */
  public void generate(
      String prompt, Generation generation, BooleanSupplier stop, List<Consumer<String>> outs) {
    long[] tokens = encode(prompt, model.tokenizer()::encodeWithSpecialTokens);
    try (CachedDecoder decoder = new CachedDecoder(model.block(), model.store(), model.manager())) {
      List<Sample> samples =
          IntStream.range(0, outs.size())
              .mapToObj(
                  i ->
                      new Sample(
                          generation,
                          tokens,
                          i,
                          model.tokenizer(),
                          model.conventions().endTokens(),
                          outs.get(i)))
              .toList();
      float[][] logits = null;
      long[][] next = null;
      for (int i = 0; i < generation.tokens() && !stop.getAsBoolean(); i++) {
        if (next == null) {
          logits = new float[outs.size()][];
          Arrays.fill(logits, model.withoutGradients(() -> decoder.append(tokens)));
          decoder.spread(outs.size());
        } else {
          long[][] added = next;
          logits = model.withoutGradients(() -> decoder.append(added));
        }
        next = next(samples, logits);
        if (samples.stream().allMatch(Sample::ended)) {
          break;
        }
      }
      samples.forEach(Sample::end);
    }
  }

  private static long[][] next(List<Sample> samples, float[][] logits) {
    long[][] next = new long[logits.length][];
    Arrays.setAll(next, i -> new long[] {samples.get(i).next(logits[i])});
    return next;
  }

  /** Encodes what is to be continued, with or without what the tokenizer puts around a text. */
  static long[] encode(String prompt, Function<String, int[]> encoder) {
    if (prompt.isEmpty()) {
      throw new InputException("the prompt is empty; give at least one character");
    }
    try {
      return Arrays.stream(encoder.apply(prompt)).asLongStream().toArray();
    } catch (UnknownCharacterException e) {
      throw new InputException("the prompt has an " + e.getMessage(), e);
    }
  }
}
