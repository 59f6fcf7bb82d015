package dev.pullback.tokenizer;

import java.io.IOException;

/** Gives a corpus part by part to several threads. */
@FunctionalInterface
interface CorpusFeed {

  /**
   * Gives the next part to a stage.
   *
   * @return false if there is none
   * @throws IOException if it cannot be read
   */
  boolean next(TextStage stage) throws IOException;
}
