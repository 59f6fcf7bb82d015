package dev.pullback.train.cli;

import dev.pullback.train.InputException;
import dev.pullback.train.generate.Generation;
import dev.pullback.train.generate.Sampling;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Option;

/** How texts are generated. */
final class GenerationOptions {

  /** Days of work on any machine. */
  private static final int MOST_TOKENS = 100_000_000;

  @Option(
      names = "--tokens",
      paramLabel = "N",
      defaultValue = "500",
      description = "Tokens to generate at most (default: ${DEFAULT-VALUE}).")
  private int tokens;

  @Option(
      names = "--temperature",
      paramLabel = "T",
      defaultValue = "0.8",
      description = "0 always takes the most probable token (default: ${DEFAULT-VALUE}).")
  private double temperature;

  @Option(
      names = "--top-k",
      paramLabel = "K",
      defaultValue = "0",
      description = "Consider only the K most probable tokens; 0 for all (the default).")
  private int topK;

  @Option(
      names = "--top-p",
      paramLabel = "P",
      defaultValue = "1",
      description =
          "Consider only the most probable tokens, as few as have the probability P together; 1 for"
              + " all (the default).")
  private double topP;

  @Option(
      names = "--min-p",
      paramLabel = "P",
      defaultValue = "0",
      description =
          "Consider only tokens that are at least P times as probable as the most probable one; 0"
              + " for all (the default).")
  private double minP;

  @Option(
      names = "--repetition-penalty",
      paramLabel = "X",
      defaultValue = "1",
      description =
          "Divide positive logits of tokens that occurred, in the prompt too, by X, multiply"
              + " negative ones; 1 for none (the default).")
  private double repetitionPenalty;

  @Option(
      names = "--stop",
      paramLabel = "TEXT",
      description = "End before this text. May be given several times.")
  private List<String> stops = new ArrayList<>();

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "The same seed gives the same text (default: ${DEFAULT-VALUE}).")
  private long seed;

  /** Returns what was asked for. */
  Generation generation() {
    InputException.atMost("tokens", tokens, MOST_TOKENS);
    return new Generation(
        tokens, new Sampling(temperature, topK, topP, minP, repetitionPenalty, seed), stops);
  }
}
