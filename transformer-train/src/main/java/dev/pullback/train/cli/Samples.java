package dev.pullback.train.cli;

import dev.pullback.tokenizer.CharTokenizer;
import dev.pullback.tokenizer.TextTokenizer;
import dev.pullback.train.generate.Sampling;
import dev.pullback.train.generate.TextGenerator;
import dev.pullback.train.task.LanguageModel;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/** What a model writes of itself, the same draws every time. */
final class Samples {

  private static final Sampling SAMPLING = new Sampling(0.8, 0, 1);

  private Samples() {}

  /**
   * Generates a text.
   *
   * @param model the model
   * @param tokens how many
   * @param stop asked before every token whether to stop early
   * @param out takes the text piece by piece
   */
  static void generate(
      LanguageModel model, int tokens, BooleanSupplier stop, Consumer<String> out) {
    String start = start(model.tokenizer());
    new TextGenerator(model).generate(start, tokens, SAMPLING, stop, out);
  }

  /** A text's beginning: a line feed where the model knows it. */
  static String start(TextTokenizer tokenizer) {
    return tokenizer instanceof CharTokenizer characters
        ? characters.decode(characters.id('\n').orElse(0))
        : "\n";
  }
}
