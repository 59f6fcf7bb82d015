package dev.pullback.train.huggingface;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pullback.train.InputException;
import dev.pullback.train.model.LanguageModelConfig;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** How a family of models is written in Hugging Face's folders. */
interface HubFormat {

  /** Returns the values of {@code model_type} that it reads. */
  List<String> types();

  /**
   * Reads a model's shape.
   *
   * @param config {@code config.json}
   * @return the options of a run, by key
   * @throws InputException if it has something that the family here has not
   */
  Map<String, String> options(HubConfig config);

  /** Tells whether the model is of this family. */
  boolean writes(LanguageModelConfig shape);

  /**
   * Writes a model's shape.
   *
   * @param shape of this family
   * @param json takes what belongs into {@code config.json}
   * @throws InputException if the form has no place for something
   */
  void write(LanguageModelConfig shape, ObjectNode json);

  /**
   * Lists the tensors of a model.
   *
   * @param shape of this family
   * @return the tensors in the order of the model
   */
  List<HubTensor> tensors(LanguageModelConfig shape);

  /** Returns the names of tensors that files may have beside, and that are no weights. */
  Pattern ignored();

  /** Returns what stands before the names of a model's tensors, but for files without head. */
  String prefix();

  /** Returns the name that a tensor has in a file: with the prefix or without it. */
  default Optional<String> nameIn(Set<String> names, String hub) {
    if (names.contains(hub)) {
      return Optional.of(hub);
    }
    return hub.startsWith(prefix())
        ? Optional.of(hub.substring(prefix().length())).filter(names::contains)
        : Optional.empty();
  }
}
