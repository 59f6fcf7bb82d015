package dev.pullback.train.generate;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import dev.pullback.tokenizer.UnknownCharacterException;
import dev.pullback.train.InputException;
import dev.pullback.train.run.Session;
import java.util.Arrays;
import java.util.function.Consumer;

/** Continues a text token by token, each from the last context of tokens. */
public final class TextGenerator {

  private final Session session;

  /**
   * Creates a generator.
   *
   * @param session the model and its tokenizer; stays the caller's
   */
  public TextGenerator(Session session) {
    this.session = session;
  }

  /**
   * Generates text.
   *
   * @param prompt what to continue, at least one character
   * @param count tokens to generate, at least 0
   * @param sampling how tokens are chosen
   * @param out takes each token's text as soon as it is chosen; the prompt is not repeated
   * @throws InputException if the prompt is empty or has a character that the model does not know
   */
  public void generate(String prompt, int count, Sampling sampling, Consumer<String> out) {
    long[] start = encode(prompt);
    long[] tokens = Arrays.copyOf(start, start.length + count);
    int length = start.length;
    TokenChooser chooser = new TokenChooser(sampling);
    for (int i = 0; i < count; i++) {
      int token = chooser.choose(nextLogits(tokens, length));
      tokens[length++] = token;
      out.accept(session.tokenizer().decode(token));
    }
  }

  private long[] encode(String prompt) {
    if (prompt.isEmpty()) {
      throw new InputException("the prompt is empty; give at least one character");
    }
    try {
      return Arrays.stream(session.tokenizer().encode(prompt)).asLongStream().toArray();
    } catch (UnknownCharacterException e) {
      throw new InputException("the prompt has an " + e.getMessage(), e);
    }
  }

  private float[] nextLogits(long[] tokens, int length) {
    int first = Math.max(0, length - session.block().config().context());
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NDArray window =
          session
              .manager()
              .create(Arrays.copyOfRange(tokens, first, length), new Shape(1, length - first));
      NDArray logits =
          session.block().forward(session.store(), new NDList(window), false).singletonOrThrow();
      return logits.get("0, {}", length - first - 1).toFloatArray();
    }
  }
}
