package dev.pullback.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Training, files, encoding and decoding are those of Hugging Face's {@code tokenizers}. */
class BpeGoldenTest {

  private static final Map<String, String> TEXTS = GoldenBpe.texts();

  @TempDir private Path directory;

  static Stream<String> cases() {
    return GoldenBpe.cases().stream();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void trainingGivesTheFileOfHuggingFace(String name) throws IOException {
    JsonNode settings = GoldenBpe.read(name + ".json").get("settings");
    byte[] corpus = corpus(settings.get("corpus").textValue());
    JsonNode expected = GoldenBpe.read(name + ".tokenizer.json");

    for (int threads = 1; threads <= 2; threads++) {
      BpeTokenizer trained = train(settings, expected.get("added_tokens"), corpus, threads);

      assertEquals(GoldenBpe.tokenizer(name), trained, name);
      assertEquals(expected.toString(), trained.toJson(), name);
    }
  }

  private byte[] corpus(String name) throws IOException {
    if (!name.equals("shakespeare")) {
      return GoldenBpe.bytes(name + ".txt");
    }
    String data = System.getenv("PULLBACK_DATA");
    assumeTrue(
        data != null && Files.exists(Path.of(data, "tinyshakespeare", "input.txt")),
        "needs PULLBACK_DATA with tinyshakespeare/input.txt");
    byte[] all = Files.readAllBytes(Path.of(data, "tinyshakespeare", "input.txt"));
    JsonNode range = GoldenBpe.read("manifest.json").get("shakespeareBytes");
    return Arrays.copyOfRange(all, range.get(0).intValue(), range.get(1).intValue());
  }

  private BpeTokenizer train(JsonNode settings, JsonNode added, byte[] corpus, int threads)
      throws IOException {
    BpeTrainer trainer =
        BpeTrainer.builder()
            .setVocabularySize(settings.get("vocab").intValue())
            .optMinFrequency(settings.path("minFrequency").asLong(0))
            .optMaxTokenLength(settings.path("maxTokenLength").asLong(Long.MAX_VALUE))
            .optSpecialTokens(special(settings.get("special"), added))
            .optPattern(GoldenBpe.pattern(settings.get("pattern").textValue()))
            .optAddPrefixSpace(settings.path("prefixSpace").asBoolean(false))
            .optThreads(threads)
            .build();
    if (settings.get("feed").textValue().equals("string")) {
      String text = new String(corpus, StandardCharsets.UTF_8);
      return trainer.trainOnTexts(List.of(text).iterator());
    }
    Path file = directory.resolve("corpus.txt");
    Files.write(file, corpus);
    return trainer.trainOnFiles(List.of(file));
  }

  private static List<AddedToken> special(JsonNode contents, JsonNode added) {
    List<AddedToken> tokens = new ArrayList<>();
    for (JsonNode content : contents) {
      JsonNode flags =
          StreamSupport.stream(added.spliterator(), false)
              .filter(token -> token.get("content").equals(content))
              .findFirst()
              .orElseThrow();
      tokens.add(
          new AddedToken(
              content.textValue(),
              flags.get("special").booleanValue(),
              flags.get("lstrip").booleanValue(),
              flags.get("rstrip").booleanValue(),
              flags.get("single_word").booleanValue(),
              flags.get("normalized").booleanValue()));
    }
    return tokens;
  }

  @ParameterizedTest
  @MethodSource("cases")
  void fileIsWrittenAsItWasRead(String name) {
    BpeTokenizer tokenizer = GoldenBpe.tokenizer(name);
    JsonNode expected = GoldenBpe.read(name + ".json");

    assertEquals(GoldenBpe.read(name + ".tokenizer.json").toString(), tokenizer.toJson());
    assertEquals(tokenizer, BpeTokenizer.fromJson(tokenizer.toJson()));
    assertEquals(expected.get("size").intValue(), tokenizer.vocabularySize());
    assertEquals(expected.get("merges").intValue(), tokenizer.mergeCount());
  }

  @ParameterizedTest
  @MethodSource("cases")
  void encodingsAreThoseOfHuggingFace(String name) {
    BpeTokenizer tokenizer = GoldenBpe.tokenizer(name);
    JsonNode expected = GoldenBpe.read(name + ".json");
    TEXTS.forEach(
        (key, text) -> {
          int[] ids = GoldenBpe.ids(expected.get("ids").get(key));
          JsonNode plain = expected.get("plainIds").path(key);
          int[] ordinary = plain.isMissingNode() ? ids : GoldenBpe.ids(plain);

          assertArrayEquals(ids, tokenizer.encode(text), key);
          assertArrayEquals(ids, tokenizer.encodeWithOffsets(text).ids(), key);
          assertArrayEquals(ordinary, tokenizer.encodeOrdinary(text), key);
          assertEquals(
              expected.get("decodedDiffers").path(key).asText(text), tokenizer.decode(ids), key);
        });
  }

  @ParameterizedTest
  @MethodSource("cases")
  void decodingsAreThoseOfHuggingFace(String name) {
    BpeTokenizer tokenizer = GoldenBpe.tokenizer(name);
    JsonNode decodings = GoldenBpe.read(name + ".json").get("decode");
    assertTrue(decodings.size() > 0);
    for (JsonNode decoding : decodings) {
      int[] ids = GoldenBpe.ids(decoding.get("ids"));
      String text = decoding.get("text").textValue();
      String ordinary = decoding.get("withoutSpecial").textValue();

      assertEquals(text, tokenizer.decode(ids));
      assertEquals(ordinary, tokenizer.decodeOrdinary(ids));
      assertEquals(text, streamed(tokenizer.newDecoder(false), ids));
      assertEquals(ordinary, streamed(tokenizer.newDecoder(true), ids));
    }
  }

  private static String streamed(StreamingDecoder decoder, int[] ids) {
    StringBuilder text = new StringBuilder();
    for (int id : ids) {
      text.append(decoder.write(id));
    }
    return text.append(decoder.end()).toString();
  }

  @ParameterizedTest
  @MethodSource("cases")
  void encodingsDoNotDependOnWhereTheTextIsCut(String name) {
    BpeTokenizer tokenizer = GoldenBpe.tokenizer(name);
    IdList ids = new IdList();
    StreamingEncoder encoder = tokenizer.newEncoder(ids);
    int step = 1;
    for (String text : TEXTS.values()) {
      for (int from = 0; from < text.length(); from += step) {
        encoder.write(text.substring(from, Math.min(text.length(), from + step)));
      }
      encoder.end();
      step = step % 7 + 1;
    }

    int[] whole =
        TEXTS.values().stream()
            .flatMapToInt(text -> Arrays.stream(tokenizer.encode(text)))
            .toArray();
    assertArrayEquals(whole, ids.toArray());
  }

  @ParameterizedTest
  @ValueSource(strings = {"gpt2", "cl100k"})
  void piecesAreThoseOfOniguruma(String pattern) {
    JsonNode expected = GoldenBpe.read("splits.json").get(pattern);
    SplitPattern split = GoldenBpe.pattern(pattern);
    TEXTS.forEach(
        (key, text) -> {
          if (!GoldenBpe.isKnownToThisJava(key)) {
            System.out.println(
                "skipped " + key + ": its characters are newer than the Unicode of this Java");
            return;
          }
          List<String> pieces =
              StreamSupport.stream(expected.get(key).spliterator(), false)
                  .map(JsonNode::textValue)
                  .toList();
          assertEquals(pieces, SplitterTest.pieces(split.newSplitter(), text), key);
          assertEquals(pieces, SplitterTest.pieces(split.newRegexSplitter(), text), key);
        });
  }
}
