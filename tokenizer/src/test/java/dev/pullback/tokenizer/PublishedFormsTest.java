package dev.pullback.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.text.Normalizer;
import java.util.Arrays;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Files in the form of the published tokenizers of Qwen2 and Llama 3 do what Hugging Face's {@code
 * tokenizers} does with them. Written by {@code bench/peers/tokenizer_forms.py}.
 */
class PublishedFormsTest {

  private static String resource(String name) {
    try (InputStream in =
        PublishedFormsTest.class.getResourceAsStream("/golden/published/" + name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  private static BpeTokenizer tokenizer(String name) {
    return BpeTokenizer.fromJson(resource(name + ".tokenizer.json"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"qwen2", "llama3"})
  void filesAreWrittenAsTheyWereRead(String name) {
    BpeTokenizer tokenizer = tokenizer(name);

    assertEquals(resource(name + ".tokenizer.json"), tokenizer.toJson());
    assertEquals(tokenizer, BpeTokenizer.fromJson(tokenizer.toJson()));
  }

  @ParameterizedTest
  @ValueSource(strings = {"qwen2", "llama3"})
  void encodingsAndDecodingsAreThoseOfHuggingFace(String name) {
    BpeTokenizer tokenizer = tokenizer(name);
    JsonNode cases = GoldenBpe.parse(resource(name + ".json"));
    int changed = 0;
    int around = 0;
    for (JsonNode expected : cases) {
      String text = expected.get("text").textValue();
      int[] ids = GoldenBpe.ids(expected.get("ids"));
      String decoded = expected.path("decoded").asText(text);

      assertArrayEquals(ids, tokenizer.encode(text), text);
      assertArrayEquals(ids, tokenizer.encodeWithOffsets(text).ids(), text);
      assertArrayEquals(
          ids(expected, "around", ids), tokenizer.encodeWithSpecialTokens(text), text);
      assertArrayEquals(ids(expected, "specialAsText", ids), tokenizer.encodeOrdinary(text), text);
      assertEquals(decoded, tokenizer.decode(ids), text);
      assertEquals(expected.path("ordinary").asText(decoded), tokenizer.decodeOrdinary(ids), text);
      changed += Normalizer.isNormalized(text, Normalizer.Form.NFC) ? 0 : 1;
      around += expected.has("around") ? 1 : 0;
    }
    assertNotEquals(0, changed);
    assertEquals(name.equals("llama3") ? cases.size() : 0, around);
  }

  private static int[] ids(JsonNode expected, String key, int[] otherwise) {
    return expected.has(key) ? GoldenBpe.ids(expected.get(key)) : otherwise;
  }

  @ParameterizedTest
  @ValueSource(strings = {"qwen2", "llama3"})
  void encodingsDoNotDependOnWhereTheTextIsCut(String name) {
    BpeTokenizer tokenizer = tokenizer(name);
    for (int step = 1; step < 8; step++) {
      IdList ids = new IdList();
      IdList expected = new IdList();
      StreamingEncoder encoder = tokenizer.newEncoder(ids);
      for (JsonNode one : GoldenBpe.parse(resource(name + ".json"))) {
        String text = one.get("text").textValue();
        for (int from = 0; from < text.length(); from += step) {
          encoder.write(text.substring(from, Math.min(text.length(), from + step)));
        }
        encoder.end();
        Arrays.stream(tokenizer.encode(text)).forEach(expected::accept);
      }
      assertArrayEquals(expected.toArray(), ids.toArray());
    }
  }
}
