package dev.pullback.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pullback.tokenizer.BpeSettings.ByteLevel;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Reads Hugging Face's {@code tokenizer.json}, and refuses by name what is not supported. */
final class BpeTokenizerJson {

  /** The key that tells the file of a byte-pair tokenizer from others. */
  static final String MODEL = "model";

  static final String NFC = "NFC";

  /** Keys of the model that have no value here, though null and "" are told apart in files. */
  static final List<String> AFFIXES = List.of("continuing_subword_prefix", "end_of_word_suffix");

  private static final String BPE = "BPE";
  static final String BYTE_LEVEL = "ByteLevel";

  private static final Set<String> KEYS =
      Set.of(
          "version",
          "truncation",
          "padding",
          "added_tokens",
          "normalizer",
          "pre_tokenizer",
          "post_processor",
          "decoder",
          MODEL);

  private static final Set<String> MODEL_KEYS =
      Set.of(
          "type",
          "dropout",
          "unk_token",
          "continuing_subword_prefix",
          "end_of_word_suffix",
          "fuse_unk",
          "byte_fallback",
          "ignore_merges",
          "vocab",
          "merges");

  private BpeTokenizerJson() {}

  /**
   * Reads a tokenizer.
   *
   * @throws IllegalArgumentException if the object is not a byte-level BPE tokenizer, or has what
   *     is not supported; the message names it
   */
  static BpeTokenizer read(ObjectNode json) {
    JsonNode model = json.path(MODEL);
    if (!model.isObject()) {
      throw invalid("\"model\" is " + TokenizerFile.shown(model) + ", expected an object");
    }
    String type = model.path("type").asText(BPE);
    if (!type.equals(BPE)) {
      throw invalid(
          "model type %s is not supported, only \"BPE\" is".formatted(TokenizerFile.quoted(type)));
    }
    known(json, "", KEYS);
    JsonNode version = json.path("version");
    if (!version.isMissingNode() && !version.asText().equals("1.0")) {
      throw invalid("\"version\" is " + TokenizerFile.shown(version) + ", expected \"1.0\"");
    }
    absent(json, "truncation");
    absent(json, "padding");
    BpeSettings settings = settings(json, affixes(model));
    Map<Integer, AddedToken> added = added(json.path("added_tokens"));
    BpeModel merges = model((ObjectNode) model, added, settings.nfc());
    Stream.concat(settings.before().stream(), settings.after().stream())
        .filter(id -> merges.token(id) == null)
        .findFirst()
        .ifPresent(
            id -> {
              throw invalid("the template has the id %d, which stands for no token".formatted(id));
            });
    return new BpeTokenizer(merges, added, settings);
  }

  static void known(JsonNode json, String where, Set<String> keys) {
    for (Map.Entry<String, JsonNode> property : json.properties()) {
      if (!keys.contains(property.getKey())) {
        throw invalid("unknown key " + TokenizerFile.quoted(where + property.getKey()));
      }
    }
  }

  private static void absent(JsonNode json, String key) {
    JsonNode node = json.path(key);
    if (!node.isMissingNode() && !node.isNull()) {
      JsonNode type = node.path("type");
      throw invalid(
          "%s %s is not supported, only null is"
              .formatted(key, TokenizerFile.shown(type.isMissingNode() ? node : type)));
    }
  }

  private static Set<String> affixes(JsonNode model) {
    return AFFIXES.stream()
        .filter(key -> model.path(key).isTextual() && model.path(key).textValue().isEmpty())
        .collect(Collectors.toUnmodifiableSet());
  }

  private static boolean nfc(JsonNode json) {
    JsonNode normalizer = json.path("normalizer");
    if (normalizer.path("type").asText().equals(NFC)) {
      known(normalizer, "normalizer.", Set.of("type"));
      return true;
    }
    if (!normalizer.isMissingNode() && !normalizer.isNull()) {
      JsonNode type = normalizer.path("type");
      throw invalid(
          "normalizer %s is not supported, only null and \"NFC\" are"
              .formatted(TokenizerFile.shown(type.isMissingNode() ? normalizer : type)));
    }
    return false;
  }

  private static BpeSettings settings(JsonNode json, Set<String> affixes) {
    boolean nfc = nfc(json);
    JsonNode pre = json.path("pre_tokenizer");
    PostProcessor postProcessor = PostProcessorJson.read(json.path("post_processor"));
    ByteLevel decoder = byteLevel(json.path("decoder"), "decoder");
    if (!pre.path("type").asText().equals("Sequence")) {
      ByteLevel byteLevel = byteLevel(pre, "pre_tokenizer");
      SplitPattern pattern = byteLevel.useRegex() ? SplitPattern.GPT2 : null;
      return new BpeSettings(nfc, pattern, false, byteLevel, postProcessor, decoder, affixes);
    }
    known(pre, "pre_tokenizer.", Set.of("type", "pretokenizers"));
    JsonNode parts = pre.path("pretokenizers");
    if (parts.size() != 2) {
      throw invalid(
          "pre_tokenizer Sequence of %d parts is not supported, only Split and ByteLevel are"
              .formatted(parts.size()));
    }
    SplitPattern pattern = split(parts.path(0));
    ByteLevel byteLevel = byteLevel(parts.path(1), "pre_tokenizer");
    if (byteLevel.useRegex() || byteLevel.addPrefixSpace()) {
      throw invalid(
          "pre_tokenizer ByteLevel after a Split is supported without \"use_regex\" and"
              + " \"add_prefix_space\" only");
    }
    return new BpeSettings(nfc, pattern, true, byteLevel, postProcessor, decoder, affixes);
  }

  static ByteLevel byteLevel(JsonNode json, String what) {
    JsonNode type = json.path("type");
    if (!type.asText().equals(BYTE_LEVEL)) {
      throw invalid(
          "%s %s is not supported, only \"ByteLevel\" is"
              .formatted(what, TokenizerFile.shown(type.isMissingNode() ? json : type)));
    }
    known(json, what + ".", Set.of("type", "add_prefix_space", "trim_offsets", "use_regex"));
    return new ByteLevel(
        flag(json, "add_prefix_space", true),
        flag(json, "trim_offsets", true),
        flag(json, "use_regex", true));
  }

  private static SplitPattern split(JsonNode json) {
    JsonNode type = json.path("type");
    if (!type.asText().equals("Split")) {
      throw invalid(
          "pre_tokenizer %s in a Sequence is not supported, only \"Split\" is"
              .formatted(TokenizerFile.shown(type)));
    }
    known(json, "pre_tokenizer.", Set.of("type", "pattern", "behavior", "invert"));
    JsonNode behavior = json.path("behavior");
    if (!behavior.asText().equals("Isolated") || flag(json, "invert", false)) {
      throw invalid(
          "Split with behavior %s and invert %s is not supported, only \"Isolated\" and false are"
              .formatted(TokenizerFile.shown(behavior), json.path("invert")));
    }
    JsonNode pattern = json.path("pattern").path("Regex");
    if (!pattern.isTextual() || json.path("pattern").size() != 1) {
      throw invalid(
          "Split pattern %s is not supported, only a \"Regex\" is"
              .formatted(TokenizerFile.shown(json.path("pattern"))));
    }
    return new SplitPattern(pattern.textValue());
  }

  private static boolean flag(JsonNode json, String key, boolean otherwise) {
    JsonNode flag = json.path(key);
    if (flag.isMissingNode()) {
      return otherwise;
    }
    if (!flag.isBoolean()) {
      throw invalid(
          "\"%s\" is %s, expected true or false".formatted(key, TokenizerFile.shown(flag)));
    }
    return flag.booleanValue();
  }

  private static Map<Integer, AddedToken> added(JsonNode json) {
    if (!json.isArray() && !json.isMissingNode()) {
      throw invalid("\"added_tokens\" is not an array");
    }
    Map<Integer, AddedToken> added = new TreeMap<>();
    for (JsonNode token : json) {
      known(
          token,
          "added_tokens.",
          Set.of("id", "content", "single_word", "lstrip", "rstrip", "normalized", "special"));
      JsonNode content = token.path("content");
      if (!content.isTextual()) {
        throw invalid("added token " + TokenizerFile.shown(token) + " has no \"content\"");
      }
      int id = id(token.path("id"), content.textValue());
      boolean special = flag(token, "special", false);
      AddedToken read =
          new AddedToken(
              content.textValue(),
              special,
              flag(token, "lstrip", false),
              flag(token, "rstrip", false),
              flag(token, "single_word", false),
              flag(token, "normalized", !special));
      if (added.put(id, read) != null) {
        throw invalid("two added tokens have the id " + id);
      }
    }
    if (added.values().stream().map(AddedToken::content).distinct().count() < added.size()) {
      throw invalid("two added tokens have the same content");
    }
    return added;
  }

  static int id(JsonNode id, String token) {
    if (!id.isInt() || id.intValue() < 0) {
      throw invalid(
          "the id of token %s is %s"
              .formatted(TokenizerFile.quoted(token), TokenizerFile.shown(id)));
    }
    return id.intValue();
  }

  private static BpeModel model(ObjectNode model, Map<Integer, AddedToken> added, boolean nfc) {
    known(model, "model.", MODEL_KEYS);
    JsonNode dropout = model.path("dropout");
    if (!dropout.isMissingNode() && !dropout.isNull()) {
      throw invalid("model dropout " + TokenizerFile.shown(dropout) + " is not supported");
    }
    absent(model, "unk_token");
    for (String key : AFFIXES) {
      if (!model.path(key).asText("").isEmpty() && !model.path(key).isNull()) {
        absent(model, key);
      }
    }
    for (String key : new String[] {"fuse_unk", "byte_fallback"}) {
      if (flag(model, key, false)) {
        throw invalid("model with \"" + key + "\" is not supported");
      }
    }
    JsonNode vocab = model.path("vocab");
    if (!vocab.isObject()) {
      throw invalid("\"model.vocab\" is missing or not an object");
    }
    Map<String, Integer> vocabulary = new HashMap<>(2 * vocab.size());
    for (Map.Entry<String, JsonNode> entry : vocab.properties()) {
      vocabulary.put(entry.getKey(), id(entry.getValue(), entry.getKey()));
    }
    Map<Integer, String> contents = new TreeMap<>();
    added.forEach((id, token) -> contents.put(id, token.found(nfc).content()));
    long[] pairs = merges(model.path("merges"), vocabulary);
    int[] ranks = new int[pairs.length];
    for (int i = 0; i < ranks.length; i++) {
      ranks[i] = i;
    }
    return new BpeModel(vocabulary, contents, pairs, ranks, flag(model, "ignore_merges", false));
  }

  private static long[] merges(JsonNode json, Map<String, Integer> vocabulary) {
    if (!json.isArray()) {
      throw invalid("\"model.merges\" is missing or not an array");
    }
    long[] pairs = new long[json.size()];
    int i = 0;
    for (JsonNode merge : json) {
      String left = merge.path(0).textValue();
      String right = merge.path(1).textValue();
      int space = merge.isTextual() ? merge.textValue().indexOf(' ') : -1;
      if (space >= 0 && merge.textValue().indexOf(' ', space + 1) < 0) {
        left = merge.textValue().substring(0, space);
        right = merge.textValue().substring(space + 1);
      } else if (merge.size() != 2 || left == null || right == null) {
        throw invalid(
            "merge %d is %s, expected \"a b\" or [\"a\", \"b\"]"
                .formatted(i, TokenizerFile.shown(merge)));
      }
      pairs[i] = PairMap.key(known(left, i, vocabulary), known(right, i, vocabulary));
      i++;
    }
    return pairs;
  }

  private static int known(String token, int merge, Map<String, Integer> vocabulary) {
    Integer id = vocabulary.get(token);
    if (id == null) {
      throw invalid(
          "merge %d has %s, which is not in the vocabulary"
              .formatted(merge, TokenizerFile.quoted(token)));
    }
    return id;
  }

  private static IllegalArgumentException invalid(String message) {
    return new IllegalArgumentException(message);
  }
}
