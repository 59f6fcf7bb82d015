package dev.pullback.train.corpus;

import dev.pullback.train.InputException;
import dev.pullback.train.data.InvalidUtf8;
import java.util.List;
import java.util.Set;

/**
 * What a corpus is asked to be.
 *
 * @param tokenizer {@code char}, {@code bpe:N}, or {@code file} for one that was given
 * @param seed of the split: another one gives another validation part
 * @param validation the share of documents that validate, in (0, 1)
 * @param invalid what is done with bytes that are not UTF-8
 * @param field of the objects in {@code .jsonl} files that holds the text
 * @param endings of the names of files that are taken from folders and archives, such as {@code
 *     java}; none for all files of folders, and for {@link #ARCHIVED} of archives
 */
public record Settings(
    String tokenizer,
    long seed,
    double validation,
    InvalidUtf8 invalid,
    String field,
    List<String> endings) {

  /** Endings of what is text in archives, where a person can hardly look first. */
  static final Set<String> ARCHIVED =
      Set.of("java", "kt", "scala", "groovy", "txt", "md", "xml", "properties", "html");

  /** The share of documents that validate if nothing else is said. */
  public static final double DEFAULT_VALIDATION = 0.01;

  /**
   * Checks the ranges.
   *
   * @throws InputException if the share is out of range
   */
  public Settings {
    if (!(validation > 0 && validation < 1)) {
      throw new InputException("validation must be in (0, 1), but is " + validation);
    }
    endings = List.copyOf(endings);
  }
}
