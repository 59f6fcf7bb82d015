package dev.pullback.train.huggingface;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.pullback.tokenizer.BpeTokenizer;
import dev.pullback.tokenizer.SplitPattern;
import dev.pullback.tokenizer.TextTokenizer;
import dev.pullback.train.InputException;
import dev.pullback.train.data.TextConventions;
import dev.pullback.train.data.TokenizerChoice;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;

/** Byte pairs as a GGUF has them: tokens, merges, and the name of what splits a text. */
final class GgufTokenizer {

  // Kinds of tokens.
  private static final int NORMAL = 1;
  private static final int CONTROL = 3;
  private static final int USER_DEFINED = 4;
  private static final int UNUSED = 5;

  private static final String PREFIX = "tokenizer.ggml.";

  private GgufTokenizer() {}

  /**
   * Writes a tokenizer.
   *
   * @param tokenizer the tokenizer
   * @param conventions which tokens begin and end texts, unless the tokenizer says so itself
   * @param rows how many tokens the model has, at least as many as the tokenizer
   * @param to where to
   * @throws InputException if there is no name for what it does
   */
  static void write(TextTokenizer tokenizer, TextConventions conventions, int rows, GgufWriter to) {
    if (!(tokenizer instanceof BpeTokenizer bytePairs)) {
      throw new InputException(
          "a GGUF has no form for a tokenizer of characters; export to a folder, or train with"
              + " --tokenizer bpe:N");
    }
    JsonNode json = json(tokenizer);
    to.put(PREFIX + "model", "gpt2");
    to.put(PREFIX + "pre", splitter(json));
    List<String> tokens = new ArrayList<>();
    List<Integer> kinds = new ArrayList<>();
    for (int id = 0; id < rows; id++) {
      tokens.add("[PAD" + id + "]");
      kinds.add(UNUSED);
    }
    for (Map.Entry<String, JsonNode> entry : json.at("/model/vocab").properties()) {
      tokens.set(entry.getValue().intValue(), entry.getKey());
      kinds.set(entry.getValue().intValue(), NORMAL);
    }
    for (JsonNode added : json.path("added_tokens")) {
      int id = added.path("id").intValue();
      tokens.set(id, bytePairs.token(id));
      kinds.set(id, added.path("special").booleanValue() ? CONTROL : USER_DEFINED);
    }
    List<String> merges = new ArrayList<>();
    json.at("/model/merges")
        .forEach(pair -> merges.add(pair.get(0).textValue() + " " + pair.get(1).textValue()));
    to.putTexts(PREFIX + "tokens", tokens);
    to.putNumbers(PREFIX + "token_type", kinds);
    to.putTexts(PREFIX + "merges", merges);
    conventions.begin(tokenizer).ifPresent(id -> to.put(PREFIX + "bos_token_id", id));
    OptionalInt end = conventions.end(tokenizer);
    end.ifPresent(id -> to.put(PREFIX + "eos_token_id", id));
    conventions.endTokens().stream() // that of an answer, beside that of a document
        .filter(id -> id != end.orElse(-1))
        .findFirst()
        .ifPresent(id -> to.put(PREFIX + "eot_token_id", id));
    to.put(PREFIX + "add_bos_token", TokenizerChoice.beginOfDocument(tokenizer).isPresent());
    if (!conventions.chatTemplate().isEmpty()) {
      to.put("tokenizer.chat_template", conventions.chatTemplate());
    }
  }

  private static JsonNode json(TextTokenizer tokenizer) {
    try {
      return new ObjectMapper().readTree(tokenizer.toJson());
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Names the split pattern, and with it whether merges are ignored for words that are tokens. */
  private static String splitter(JsonNode json) {
    JsonNode regex = json.at("/pre_tokenizer/pretokenizers/0/pattern/Regex");
    JsonNode byteLevel = json.path("pre_tokenizer");
    boolean gpt2 =
        regex.isMissingNode()
            ? byteLevel.path("use_regex").asBoolean()
            : regex.textValue().equals(SplitPattern.GPT2.regex());
    boolean ignores = json.at("/model/ignore_merges").booleanValue();
    if (gpt2 && !ignores && !byteLevel.path("add_prefix_space").asBoolean()) {
      return "gpt-2";
    }
    if (regex.asText().equals(SplitPattern.CL100K.regex()) && ignores) {
      return "llama-bpe";
    }
    if (regex.asText().equals(SplitPattern.QWEN2.regex()) && !ignores) {
      return "qwen2";
    }
    throw new InputException(
        "a GGUF has no name for how this tokenizer splits texts; only GPT-2's, Llama 3's and"
            + " Qwen2's way can be exported");
  }
}
