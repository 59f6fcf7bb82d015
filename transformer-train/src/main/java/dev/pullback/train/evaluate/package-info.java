/** Scores of language models on texts and questions. No files of runs, no printing. */
package dev.pullback.train.evaluate;
