package dev.pullback.train.evaluate;

import dev.pullback.train.InputException;
import dev.pullback.train.PythonStrings;
import dev.pullback.train.task.LanguageModel;
import java.util.Arrays;
import java.util.List;

/**
 * Lets a model choose among endings of texts: the one is chosen that it finds most probable, given
 * the text. Of a text that is too long for the context, the end is taken.
 */
public final class ChoiceEvaluation {

  private final LanguageModel model;
  private final TokenLosses losses;
  private long questions;
  private long right;
  private long rightPerCharacter;

  /**
   * Begins.
   *
   * @param model the model; stays the caller's
   */
  public ChoiceEvaluation(LanguageModel model) {
    this.model = model;
    losses = new TokenLosses(model);
  }

  /** A text and an ending as tokens; if they do not fit, the end of both. */
  private static final class Row {

    private final int[] tokens;

    /** With which token the ending begins, at least 1. */
    private final int from;

    private Row(int[] tokens, int from) {
      this.tokens = tokens;
      this.from = from;
    }
  }

  /**
   * Answers a question.
   *
   * @param question the question
   * @throws InputException if an ending does not fit into the context
   * @throws IllegalArgumentException if the tokenizer does not know a character
   */
  public void answer(ChoiceQuestion question) {
    double[] likelihoods = logLikelihoods(question);
    questions++;
    right += best(likelihoods) == question.label() ? 1 : 0;
    for (int i = 0; i < likelihoods.length; i++) {
      String ending = question.endings().get(i);
      likelihoods[i] /= ending.codePointCount(0, ending.length());
    }
    rightPerCharacter += best(likelihoods) == question.label() ? 1 : 0;
  }

  /** Returns the first of the largest. */
  private static int best(double[] values) {
    int best = 0;
    for (int i = 1; i < values.length; i++) {
      if (values[i] > values[best]) {
        best = i;
      }
    }
    return best;
  }

  /**
   * Returns the score so far.
   *
   * @return the score
   */
  public ChoiceScore score() {
    return new ChoiceScore(questions, right, rightPerCharacter);
  }

  /** Returns the log likelihood of each ending, given the text. */
  double[] logLikelihoods(ChoiceQuestion question) {
    List<String> endings = question.endings();
    Row[] rows = new Row[endings.size()];
    Arrays.setAll(rows, i -> row(question.context(), endings.get(i), i));
    int time = Arrays.stream(rows).mapToInt(row -> row.tokens.length - 1).max().orElseThrow();
    double[] likelihoods = new double[rows.length];
    int atOnce = losses.rows(time);
    for (int first = 0; first < rows.length; first += atOnce) {
      score(rows, first, Math.min(rows.length, first + atOnce), time, likelihoods);
    }
    return likelihoods;
  }

  /** Rows are filled up behind, where nothing that counts can see it. */
  private void score(Row[] rows, int first, int end, int time, double[] likelihoods) {
    long[] inputs = new long[(end - first) * time];
    long[] targets = new long[(end - first) * time];
    for (int row = first; row < end; row++) {
      int[] tokens = rows[row].tokens;
      for (int i = 0; i < tokens.length - 1; i++) {
        inputs[(row - first) * time + i] = tokens[i];
        targets[(row - first) * time + i] = tokens[i + 1];
      }
    }
    float[] of = losses.of(inputs, targets, end - first);
    for (int row = first; row < end; row++) {
      for (int i = rows[row].from; i < rows[row].tokens.length; i++) {
        likelihoods[row] -= of[(row - first) * time + i - 1];
      }
    }
  }

  /** Spaces at the end of the text belong to the ending's first token. */
  private Row row(String context, String ending, int number) {
    String text = PythonStrings.stripRight(context);
    int[] whole = model.tokenizer().encode(context + " " + ending);
    if (whole.length < 2) {
      throw new InputException(
          "ending %d and its text are one token together; none has another before it"
              .formatted(number));
    }
    int most = model.block().config().context() + 1;
    int cut = Math.max(0, whole.length - most);
    int from = model.tokenizer().encode(text).length - cut;
    if (from < 1) {
      throw new InputException(
          "ending %d has %d tokens, and one of the text must be before it in the context of %d"
              .formatted(number, whole.length - cut - from, most - 1));
    }
    int[] tokens = Arrays.copyOfRange(whole, cut, whole.length);
    return new Row(tokens, Math.min(from, tokens.length - 1));
  }
}
