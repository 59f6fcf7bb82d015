package dev.pullback.tokenizer;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pullback.tokenizer.BpeSettings.ByteLevel;
import java.util.Map;

/** Writes Hugging Face's {@code tokenizer.json}, with the keys in its order. */
final class BpeTokenizerWriter {

  private BpeTokenizerWriter() {}

  static String write(BpeModel model, Map<Integer, AddedToken> added, BpeSettings settings) {
    ObjectNode json = TokenizerFile.newObject();
    json.put("version", "1.0");
    json.putNull("truncation");
    json.putNull("padding");
    ArrayNode tokens = json.putArray("added_tokens");
    added.forEach((id, token) -> added(tokens.addObject(), id, token));
    if (settings.nfc()) {
      json.putObject("normalizer").put("type", BpeTokenizerJson.NFC);
    } else {
      json.putNull("normalizer");
    }
    preTokenizer(json.putObject("pre_tokenizer"), settings);
    PostProcessorJson.write(json, settings.postProcessor());
    byteLevel(json.putObject("decoder"), settings.decoder());
    model(json.putObject(BpeTokenizerJson.MODEL), model, settings);
    return json.toString();
  }

  private static void added(ObjectNode json, int id, AddedToken token) {
    json.put("id", id);
    json.put("content", token.content());
    json.put("single_word", token.singleWord());
    json.put("lstrip", token.lstrip());
    json.put("rstrip", token.rstrip());
    json.put("normalized", token.normalized());
    json.put("special", token.special());
  }

  private static void preTokenizer(ObjectNode json, BpeSettings settings) {
    if (!settings.asSplit()) {
      byteLevel(json, settings.preTokenizer());
      return;
    }
    json.put("type", "Sequence");
    ArrayNode parts = json.putArray("pretokenizers");
    ObjectNode split = parts.addObject();
    split.put("type", "Split");
    split.putObject("pattern").put("Regex", settings.pattern().regex());
    split.put("behavior", "Isolated");
    split.put("invert", false);
    byteLevel(parts.addObject(), settings.preTokenizer());
  }

  static ObjectNode byteLevel(ObjectNode json, ByteLevel fields) {
    json.put("type", "ByteLevel");
    json.put("add_prefix_space", fields.addPrefixSpace());
    json.put("trim_offsets", fields.trimOffsets());
    return json.put("use_regex", fields.useRegex());
  }

  private static void model(ObjectNode json, BpeModel model, BpeSettings settings) {
    json.put("type", "BPE");
    json.putNull("dropout");
    json.putNull("unk_token");
    for (String affix : BpeTokenizerJson.AFFIXES) {
      json.put(affix, settings.emptyAffixes().contains(affix) ? "" : null);
    }
    json.put("fuse_unk", false);
    json.put("byte_fallback", false);
    json.put("ignore_merges", model.ignoreMerges());
    ObjectNode vocab = json.putObject("vocab");
    for (int id = 0; id < model.size(); id++) {
      String token = model.token(id);
      if (token != null && model.vocabulary().containsKey(token)) {
        vocab.put(token, id);
      }
    }
    ArrayNode merges = json.putArray("merges");
    for (int i = 0; i < model.mergeCount(); i++) {
      merges.addArray().add(model.token(model.left(i))).add(model.token(model.right(i)));
    }
  }
}
