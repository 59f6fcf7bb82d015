package dev.pullback.train.generate;

import dev.pullback.tokenizer.StreamingDecoder;
import dev.pullback.tokenizer.UnknownCharacterException;
import dev.pullback.train.InputException;
import dev.pullback.train.model.CachedDecoder;
import dev.pullback.train.task.LanguageModel;
import java.util.Arrays;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

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
   * Generates text.
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
    TokenChooser chooser = new TokenChooser(sampling);
    long[] added = encode(prompt);
    StreamingDecoder text = model.tokenizer().newDecoder();
    try (CachedDecoder decoder = new CachedDecoder(model.block(), model.store(), model.manager())) {
      for (int i = 0; i < count && !stop.getAsBoolean(); i++) {
        long[] next = added;
        int token = chooser.choose(known(model.withoutGradients(() -> decoder.append(next))));
        added = new long[] {token};
        give(text.write(token), out);
      }
    }
    give(text.end(), out);
  }

  /** A model may have more rows than its tokenizer has tokens. */
  private float[] known(float[] logits) {
    int tokens = model.tokenizer().vocabularySize();
    return logits.length == tokens ? logits : Arrays.copyOf(logits, tokens);
  }

  private static void give(String text, Consumer<String> out) {
    if (!text.isEmpty()) {
      out.accept(text);
    }
  }

  private long[] encode(String prompt) {
    if (prompt.isEmpty()) {
      throw new InputException("the prompt is empty; give at least one character");
    }
    try {
      return Arrays.stream(model.tokenizer().encode(prompt)).asLongStream().toArray();
    } catch (UnknownCharacterException e) {
      throw new InputException("the prompt has an " + e.getMessage(), e);
    }
  }
}
