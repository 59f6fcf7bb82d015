package dev.pullback.tokenizer.foreign;

import com.knuddels.jtokkit.Encodings;
import com.knuddels.jtokkit.api.Encoding;
import com.knuddels.jtokkit.api.EncodingType;
import com.knuddels.jtokkit.api.IntArrayList;
import java.nio.charset.StandardCharsets;

/**
 * OpenAI's encodings, which {@code com.knuddels:jtokkit} brings along. Special tokens are read as
 * text. Its JSON names the encoding and is for people: {@link
 * dev.pullback.tokenizer.TextTokenizer#load} does not read it.
 */
public final class JTokkitTokenizer extends ForeignTokenizer {

  private final EncodingType type;
  private final Encoding encoding;

  /**
   * Takes an encoding.
   *
   * @param type which one
   */
  public JTokkitTokenizer(EncodingType type) {
    this.type = type;
    this.encoding = Encodings.newLazyEncodingRegistry().getEncoding(type);
  }

  @Override
  int[] encodeValid(String text) {
    return encoding.encodeOrdinary(text).toArray();
  }

  @Override
  String decodeValid(int[] ids) {
    IntArrayList list = new IntArrayList(ids.length);
    for (int id : ids) {
      list.add(id);
    }
    return new String(encoding.decodeBytes(list), StandardCharsets.UTF_8);
  }

  /** Returns one more than the last id, of a special token; a few ids below are unused. */
  @Override
  public int vocabularySize() {
    return switch (type) {
      case R50K_BASE -> 50_257;
      case P50K_BASE -> 50_281;
      case P50K_EDIT -> 50_284;
      case CL100K_BASE -> 100_277;
      case O200K_BASE -> 200_019;
    };
  }

  @Override
  public String toJson() {
    return "{\"type\":\"jtokkit\",\"version\":1,\"encoding\":\"" + type.getName() + "\"}";
  }
}
