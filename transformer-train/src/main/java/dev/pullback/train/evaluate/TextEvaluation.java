package dev.pullback.train.evaluate;

import dev.pullback.tokenizer.StreamingEncoder;
import dev.pullback.train.ArrayLength;
import dev.pullback.train.InputException;
import dev.pullback.train.task.LanguageModel;
import java.util.concurrent.CancellationException;
import java.util.function.BooleanSupplier;

/**
 * Predicts a text, token by token as they come, in memory that does not grow with the text.
 *
 * <p>Windows of as many tokens as the context begin every {@code stride} tokens; each predicts what
 * follows its tokens, and of that counts what no window before it has predicted. So every token but
 * the first counts once. With a stride of the context, windows do not overlap; with a smaller one,
 * tokens after the first window see at least {@code context - stride + 1} tokens, and the model
 * computes context / stride times as much.
 *
 * @see <a href="https://huggingface.co/docs/transformers/perplexity">Hugging Face, Perplexity of
 *     fixed-length models</a>
 */
public final class TextEvaluation implements StreamingEncoder.Sink {

  private final TokenLosses losses;
  private final int context;
  private final int stride;
  private final int batch;
  private final BooleanSupplier stop;

  /** Tokens from the beginning of the next window on. */
  private final long[] tokens;

  private int filled;

  /** Up to which place in {@link #tokens} all is predicted. */
  private int done;

  private long count;
  private long scored;
  private double nats;

  /**
   * Begins a text.
   *
   * @param model the model; stays the caller's
   * @param context tokens of a window, at least 1 and at most the model's context
   * @param stride how many tokens after a window the next begins, from 1 to the context
   * @param stop asked before every batch whether to stop early
   * @throws InputException if a number is out of range, or windows do not fit into memory
   */
  public TextEvaluation(LanguageModel model, int context, int stride, BooleanSupplier stop) {
    requireWithin("context", context, model.block().config().context(), "the model's context");
    requireWithin("stride", stride, context, "the context");
    losses = new TokenLosses(model);
    losses.requireMemory(context);
    this.context = context;
    this.stride = stride;
    this.stop = stop;
    batch = losses.rows(context);
    tokens =
        new long
            [ArrayLength.of(
                "%d windows of %d tokens".formatted(batch, context),
                "lower --context",
                Long.BYTES,
                batch + 1L,
                context + 1L)];
  }

  private static void requireWithin(String name, int value, int most, String what) {
    InputException.atLeast(name, value, 1);
    if (value > most) {
      throw new InputException(
          "%s must be at most %s of %d, but is %d".formatted(name, what, most, value));
    }
  }

  /**
   * Takes the next token.
   *
   * @param id of the model's vocabulary
   * @throws CancellationException if it was asked to stop; {@link #score} tells how far it came
   */
  @Override
  public void accept(int id) {
    tokens[filled++] = id;
    count++;
    if (filled == span(batch)) {
      predict(batch, context);
      int from = batch * stride;
      System.arraycopy(tokens, from, tokens, 0, filled - from);
      filled -= from;
      done -= from;
    }
  }

  /** Returns how many tokens some windows have, with the one that follows them. */
  private int span(int windows) {
    return (windows - 1) * stride + context + 1;
  }

  /**
   * Predicts what is left of the text.
   *
   * @return the score of the whole text
   * @throws InputException if the text has fewer than two tokens
   * @throws CancellationException if it was asked to stop
   */
  public TextScore end() {
    if (count < 2) {
      throw new InputException(
          "the text has %d tokens; the first cannot be predicted, so that at least 2 are needed"
              .formatted(count));
    }
    int windows = filled < span(1) ? 0 : (filled - span(1)) / stride + 1;
    predict(windows, context);
    int last = filled - 1;
    if (done < last) {
      System.arraycopy(tokens, windows * stride, tokens, 0, filled - windows * stride);
      done -= windows * stride;
      predict(1, last - windows * stride);
    }
    return score();
  }

  /**
   * Returns the score of what was predicted so far.
   *
   * @return the score
   */
  public TextScore score() {
    return new TextScore(count, scored, nats);
  }

  /** Predicts with windows of one length, from the beginning of the buffer on. */
  private void predict(int windows, int length) {
    if (windows == 0) {
      return;
    }
    if (stop.getAsBoolean()) {
      throw new CancellationException();
    }
    long[] inputs = new long[windows * length];
    long[] targets = new long[windows * length];
    for (int i = 0; i < windows; i++) {
      System.arraycopy(tokens, i * stride, inputs, i * length, length);
      System.arraycopy(tokens, i * stride + 1, targets, i * length, length);
    }
    float[] of = losses.of(inputs, targets, windows);
    for (int i = 0; i < windows; i++) {
      int end = i * stride + length;
      for (int target = done + 1; target <= end; target++) {
        nats += of[i * length + target - 1 - i * stride];
      }
      scored += end - done;
      done = end;
    }
  }
}
