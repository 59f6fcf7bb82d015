package dev.pullback.tokenizer;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class BpeTokenizerFileTest {

  private static final BpeTokenizer TOKENIZER =
      BpeTrainer.builder()
          .setVocabularySize(262)
          .optSpecialTokens("<s>")
          .build()
          .trainOnTexts(List.of("the then there").iterator());

  @TempDir private Path directory;

  @Test
  void savedTokenizerLoadsByContentAndDirectly() throws IOException {
    Path file = directory.resolve("tokenizer.json");

    TOKENIZER.save(file);

    assertEquals(TOKENIZER, BpeTokenizer.load(file));
    assertEquals(TOKENIZER, TextTokenizer.load(file));
    assertEquals(TOKENIZER.toJson(), Files.readString(file));
  }

  @Test
  void mergesAreReadInBothForms() {
    ObjectNode json = (ObjectNode) GoldenBpe.parse(TOKENIZER.toJson());
    ArrayNode merges = ((ObjectNode) json.get("model")).putArray("merges");
    for (JsonNode merge : GoldenBpe.parse(TOKENIZER.toJson()).get("model").get("merges")) {
      merges.add(merge.get(0).textValue() + " " + merge.get(1).textValue());
    }

    assertEquals(TOKENIZER, BpeTokenizer.fromJson(json.toString()));
  }

  @Test
  void tokensBesideTheVocabularyStayThere() {
    String json =
        TOKENIZER
            .toJson()
            .replace("\"<s>\":0,", "")
            .replace(
                "\"added_tokens\":[",
                "\"added_tokens\":[{\"id\":270,\"content\":\"then\",\"single_word\":false,"
                    + "\"lstrip\":false,\"rstrip\":false,\"normalized\":true,\"special\":false},");
    BpeTokenizer read = BpeTokenizer.fromJson(json);

    assertEquals(271, read.vocabularySize());
    assertArrayEquals(new int[] {0, 270, 0}, read.encode("<s>then<s>"));
    assertEquals(270, read.encodeOrdinary("<s>then")[read.encodeOrdinary("<s>").length]);
    assertEquals("<s>then", read.decode(0, 270));
    assertEquals("then", read.decodeOrdinary(0, 270));
    assertEquals(270, read.id("then").orElseThrow());
    assertEquals(read, BpeTokenizer.fromJson(read.toJson()));
    assertThrows(IllegalArgumentException.class, () -> read.decode(265));
  }

  @Test
  void aPieceThatIsATokenIsThatTokenIfMergesAreIgnored() {
    String token = "\"zz\":262},";
    String json = TOKENIZER.toJson().replace("},\"merges\"", "," + token + "\"merges\"");
    int z = TOKENIZER.encode("z")[0];

    assertArrayEquals(new int[] {z, z}, BpeTokenizer.fromJson(json).encode("zz"));
    String ignoring = json.replace("\"ignore_merges\":false", "\"ignore_merges\":true");
    assertArrayEquals(new int[] {262}, BpeTokenizer.fromJson(ignoring).encode("zz"));
    assertEquals(ignoring, BpeTokenizer.fromJson(ignoring).toJson());
  }

  @Test
  void withoutAPatternAStretchBetweenTokensIsOnePiece() {
    String json = TOKENIZER.toJson().replaceFirst("\"use_regex\":true", "\"use_regex\":false");
    BpeTokenizer read = BpeTokenizer.fromJson(json);
    IdList ids = new IdList();
    StreamingEncoder encoder = read.newEncoder(ids);

    encoder.write("the then");
    assertEquals(0, ids.toArray().length);
    encoder.write("<s> there");
    assertArrayEquals(read.encode("the then<s>"), ids.toArray());
    encoder.end();

    assertArrayEquals(read.encode("the then<s> there"), ids.toArray());
    assertEquals(json, read.toJson());
  }

  private static String template(String piece) {
    return "'post_processor':{'type':'TemplateProcessing','single':[{"
        + piece
        + "}],'special_tokens':{'[A]':{'id':'[A]','ids':[999],'tokens':['[A]']}}}";
  }

  static Stream<Arguments> refused() {
    String pre =
        "'pre_tokenizer':{'type':'ByteLevel','add_prefix_space':false,'trim_offsets':true,'use_regex':true}";
    String sequence = "'pre_tokenizer':{'type':'Sequence','pretokenizers':[";
    String post =
        "'post_processor':{'type':'ByteLevel','add_prefix_space':true,'trim_offsets':false,'use_regex':true}";
    String a = "'Sequence':{'id':'A','type_id':0}";
    return Stream.of(
        Arguments.of("'truncation':null", "'truncation':{'max_length':5}", "truncation"),
        Arguments.of("'padding':null", "'padding':{}", "padding"),
        Arguments.of("'normalizer':null", "'normalizer':{'type':'NFKC'}", "normalizer 'NFKC'"),
        Arguments.of(
            "'normalizer':null", "'normalizer':{'type':'NFC','x':1}", "unknown key 'normalizer.x'"),
        Arguments.of(pre, pre.replace("ByteLevel", "Whitespace"), "pre_tokenizer 'Whitespace'"),
        Arguments.of(pre, sequence + "]}", "Sequence of 0 parts"),
        Arguments.of(pre, sequence + "{'type':'Digits'},{}]}", "pre_tokenizer 'Digits'"),
        Arguments.of(
            pre,
            sequence + "{'type':'Split','pattern':{'Regex':'a'},'behavior':'Removed'},{}]}",
            "behavior 'Removed'"),
        Arguments.of(
            pre,
            sequence + "{'type':'Split','pattern':{'String':'a'},'behavior':'Isolated'},{}]}",
            "Split pattern {'String':'a'}"),
        Arguments.of(
            pre,
            sequence
                + "{'type':'Split','pattern':{'Regex':'a'},'behavior':'Isolated'},"
                + "{'type':'ByteLevel','add_prefix_space':true,'use_regex':false}]}",
            "without 'use_regex' and 'add_prefix_space'"),
        Arguments.of(
            "'post_processor':{'type':'ByteLevel'",
            "'post_processor':{'type':'BertProcessing'",
            "post_processor 'BertProcessing'"),
        Arguments.of(post, template("'Sequence':{'id':'B'}"), "template piece {'Sequence':"),
        Arguments.of(post, template("'SpecialToken':{'id':'[A]'}"), "the text 0 times"),
        Arguments.of(post, template("'SpecialToken':{'id':'[B]'}"), "has '[B]', for which"),
        Arguments.of(
            post,
            template("'SpecialToken':{'id':'[A]'}},{" + a),
            "the id 999, which stands for no"),
        Arguments.of(
            post,
            "'post_processor':{'type':'Sequence','processors':[{'type':'Sequence'}]}",
            "post_processor 'Sequence' is not supported"),
        Arguments.of("'decoder':{'type':'ByteLevel'", "'decoder':{'type':'Fuse'", "decoder 'Fuse'"),
        Arguments.of("'type':'BPE'", "'type':'WordPiece'", "model type 'WordPiece'"),
        Arguments.of("'dropout':null", "'dropout':0.1", "dropout 0.1"),
        Arguments.of("'unk_token':null", "'unk_token':'<unk>'", "unk_token '<unk>'"),
        Arguments.of(
            "'end_of_word_suffix':null", "'end_of_word_suffix':'</w>'", "end_of_word_suffix"),
        Arguments.of("'byte_fallback':false", "'byte_fallback':true", "'byte_fallback'"),
        Arguments.of("'ignore_merges':false", "'ignore_merges':1", "'ignore_merges' is 1"),
        Arguments.of("'version':'1.0'", "'version':'2.0'", "'version' is '2.0', expected '1.0'"),
        Arguments.of("'padding':null", "'padding':null,'extra':1", "unknown key 'extra'"),
        Arguments.of("'fuse_unk'", "'fuse'", "unknown key 'model.fuse'"),
        Arguments.of("'!':1,", "", "no token for the byte 0x21"),
        Arguments.of("'!':1,", "'!':2,", "have the same id, 2"),
        Arguments.of("'!':1,", "'!':-1,", "the id of token '!' is -1"),
        Arguments.of("'!':1,", "'!':1.5,", "the id of token '!' is 1.5"),
        Arguments.of("'!':1,", "'!':2147483647,", "id 2147483647 is too high for so few tokens"),
        Arguments.of("'!':1,", "'!':99999999999,", "the id of token '!' is 99999999999"),
        Arguments.of("['h','e']", "['h','e','x']", "expected 'a b' or"),
        Arguments.of("['h','e']", "'h e x'", "expected 'a b' or"),
        Arguments.of("['h','e']", "['h','ee']", "has 'ee', which is not in the vocabulary"),
        Arguments.of("['h','e']", "['h','x']", "gives 'hx', which is not in the vocabulary"),
        Arguments.of("'id':0,", "'id':7,", "added token '<s>' has id 7, and 0 in the vocabulary"),
        Arguments.of("'content':'<s>'", "'content':''", "an added token is empty"),
        Arguments.of("'content':'<s>'", "'content':'\\ud800'", "unpaired surrogate U+D800"),
        Arguments.of("'single_word':false", "'single_word':0", "'single_word' is 0"),
        Arguments.of("'model':{", "'model':[{", "not valid JSON"));
  }

  /** Quotes are ' for " in all arguments, for the reader's sake. */
  @ParameterizedTest
  @MethodSource("refused")
  void whatIsNotSupportedIsNamed(String from, String to, String reason) throws IOException {
    String valid = TOKENIZER.toJson();
    assertTrue(valid.contains(from.replace('\'', '"')), from);
    String json =
        valid.replaceFirst(
            Pattern.quote(from.replace('\'', '"')),
            Matcher.quoteReplacement(to.replace('\'', '"')));
    Path file = directory.resolve("broken.json");
    Files.writeString(file, json);

    IllegalArgumentException parsing =
        assertThrows(IllegalArgumentException.class, () -> BpeTokenizer.fromJson(json));
    IOException loading = assertThrows(IOException.class, () -> TextTokenizer.load(file));

    String message = parsing.getMessage();
    assertTrue(message.contains(reason.replace('\'', '"')), message);
    assertTrue(DamagedText.isOneLine(message), message);
    assertEquals(file + ": " + message, loading.getMessage());
  }

  private Path ranks(String... more) throws IOException {
    StringBuilder lines = new StringBuilder();
    for (int b = 0; b < 256; b++) {
      lines.append(line(new byte[] {(byte) b}, b));
    }
    lines.append(line("th".getBytes(StandardCharsets.US_ASCII), 256));
    lines.append(line("the".getBytes(StandardCharsets.US_ASCII), 257));
    lines.append(line(" the".getBytes(StandardCharsets.US_ASCII), 258));
    return Files.writeString(
        directory.resolve("ranks.tiktoken"), lines + String.join("\n", more) + "\n");
  }

  private static String line(byte[] token, int rank) {
    return Base64.getEncoder().encodeToString(token) + " " + rank + "\n";
  }

  @Test
  void ranksOfTiktokenAreRead() throws IOException {
    BpeTokenizer read =
        BpeTokenizer.fromTiktoken(ranks(), SplitPattern.CL100K, Map.of("<|endoftext|>", 300));

    assertArrayEquals(
        new int[] {257, 258, 'm', 300, 0xc3, 0xa9}, read.encode("the them<|endoftext|>\u00e9"));
    assertEquals("the them<|endoftext|>\u00e9", read.decode(257, 258, 'm', 300, 0xc3, 0xa9));
    assertEquals(301, read.vocabularySize());
    assertThrows(IllegalArgumentException.class, () -> read.decode(299));
    IllegalArgumentException half =
        assertThrows(IllegalArgumentException.class, () -> read.encode("the \ud800"));
    assertTrue(half.getMessage().contains("unpaired surrogate U+D800"), half.getMessage());
    BpeTokenizer converted = BpeTokenizer.fromJson(read.toJson());
    assertArrayEquals(read.encode("the them"), converted.encode("the them"));
    assertEquals(converted.toJson(), read.toJson());
  }

  @Test
  void malformedRanksAreNamedWithTheirLine() throws IOException {
    for (String line : new String[] {"dGg= 256x", "dGg=", "d*g= 300", "dGg= -1", " 5", "x y z"}) {
      Path file = ranks(line);
      IOException e =
          assertThrows(
              IOException.class,
              () -> BpeTokenizer.fromTiktoken(file, SplitPattern.GPT2, Map.of()));
      assertTrue(e.getMessage().startsWith(file + ", line 260: \""), e.getMessage());
      assertTrue(DamagedText.isOneLine(e.getMessage()), e.getMessage());
    }
    Path twice = ranks("dGg= 300");
    IOException e =
        assertThrows(
            IOException.class, () -> BpeTokenizer.fromTiktoken(twice, SplitPattern.GPT2, Map.of()));
    assertTrue(e.getMessage().contains("line 260: the token of rank 300"), e.getMessage());
  }
}
