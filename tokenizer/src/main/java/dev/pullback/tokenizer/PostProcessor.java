package dev.pullback.tokenizer;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/** What a {@code tokenizer.json} does with the ids of a text. */
sealed interface PostProcessor
    permits BpeSettings.ByteLevel, PostProcessor.Template, PostProcessor.Sequence {

  /** Returns the ids that are put before a text. */
  default List<Integer> before() {
    return List.of();
  }

  /** Returns the ids that are put after a text. */
  default List<Integer> after() {
    return List.of();
  }

  /**
   * Special tokens around a text.
   *
   * @param before the ids before it
   * @param after the ids after it
   * @param json the object that says so, with what it says of pairs of texts
   */
  record Template(List<Integer> before, List<Integer> after, ObjectNode json)
      implements PostProcessor {}

  /**
   * One after the other.
   *
   * @param parts of which one at most is a template
   */
  record Sequence(List<PostProcessor> parts) implements PostProcessor {

    @Override
    public List<Integer> before() {
      return parts.stream().flatMap(part -> part.before().stream()).toList();
    }

    @Override
    public List<Integer> after() {
      return parts.stream().flatMap(part -> part.after().stream()).toList();
    }
  }
}
