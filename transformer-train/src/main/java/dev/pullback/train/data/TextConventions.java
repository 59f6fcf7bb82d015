package dev.pullback.train.data;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.pullback.tokenizer.CharTokenizer;
import dev.pullback.tokenizer.TextTokenizer;
import dev.pullback.train.store.Checkpoint;
import dev.pullback.train.store.CheckpointFiles;
import dev.pullback.train.store.JsonFile;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What the makers of a model say about its texts. A checkpoint has it as {@code conventions.json},
 * unless there is nothing to say.
 *
 * @param endTokens tokens that end a text, at least 0 each
 * @param specialTokens texts of tokens by their role, such as {@code bos_token}
 * @param chatTemplate how a conversation is written, a template of Jinja; empty if nobody said
 */
public record TextConventions(
    @JsonProperty("end_tokens") Set<Integer> endTokens,
    @JsonProperty("special_tokens") Map<String, String> specialTokens,
    @JsonProperty("chat_template") String chatTemplate) {

  /** Nothing is said. */
  public static final TextConventions NONE = new TextConventions(Set.of(), Map.of(), "");

  private static final String FILE = "conventions.json";
  private static final String KIND = "what a model's texts keep to";
  private static final JsonMapper JSON = new JsonMapper();

  /**
   * Copies the parts, in an order that is always the same.
   *
   * @throws IllegalArgumentException if a token is negative, or has no text
   */
  public TextConventions {
    endTokens = new TreeSet<>(endTokens);
    specialTokens = new TreeMap<>(specialTokens);
    for (int token : endTokens) {
      if (token < 0) {
        throw new IllegalArgumentException("end_tokens has " + token);
      }
    }
    if (specialTokens.containsValue(null)) {
      throw new IllegalArgumentException("a special token has no text");
    }
  }

  /**
   * Returns the token before a text.
   *
   * @param tokenizer the model's
   * @return the one that the tokenizer puts there, else the {@code bos_token}; empty if there is
   *     none
   */
  public OptionalInt begin(TextTokenizer tokenizer) {
    OptionalInt own = TokenizerChoice.beginOfDocument(tokenizer);
    return own.isPresent() ? own : special("bos_token", tokenizer);
  }

  /**
   * Returns the token that ends a text, the most usual one if there are several.
   *
   * @param tokenizer the model's
   * @return the {@code eos_token}, else the first end token, else what ends a document; empty if
   *     there is none
   */
  public OptionalInt end(TextTokenizer tokenizer) {
    OptionalInt said = special("eos_token", tokenizer);
    if (said.isPresent()) {
      return said;
    }
    return endTokens.isEmpty()
        ? TokenizerChoice.endOfDocument(tokenizer)
        : OptionalInt.of(endTokens.iterator().next());
  }

  private OptionalInt special(String role, TextTokenizer tokenizer) {
    String text = specialTokens.get(role);
    if (text == null || tokenizer instanceof CharTokenizer) {
      return OptionalInt.empty();
    }
    int[] tokens = tokenizer.encode(text);
    return tokens.length == 1 ? OptionalInt.of(tokens[0]) : OptionalInt.empty();
  }

  /**
   * Reads what a checkpoint says.
   *
   * @param checkpoint of a language model
   * @return it; {@link #NONE} if it says nothing
   * @throws dev.pullback.train.InputException if its file is not what it should be
   */
  public static TextConventions read(Checkpoint checkpoint) {
    Path file = checkpoint.file(FILE);
    if (!Files.exists(file)) {
      return NONE;
    }
    return JsonFile.complete(JsonFile.object(file, KIND), TextConventions.class, file, KIND);
  }

  /**
   * Writes the file, if there is something to say.
   *
   * @param files of a checkpoint
   * @throws IOException if writing fails
   */
  public void write(CheckpointFiles files) throws IOException {
    if (equals(NONE)) {
      return;
    }
    try (OutputStream out = files.create(FILE)) {
      out.write(JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(this));
    }
  }
}
