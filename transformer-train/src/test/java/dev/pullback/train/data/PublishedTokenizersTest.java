package dev.pullback.train.data;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.pullback.tokenizer.BpeTokenizer;
import dev.pullback.tokenizer.BpeTrainer;
import dev.pullback.tokenizer.CharTokenizer;
import java.util.List;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

/** What begins and ends documents in the vocabularies of others. */
class PublishedTokenizersTest {

  private static BpeTokenizer with(String... special) {
    return BpeTrainer.builder()
        .setVocabularySize(270)
        .optSpecialTokens(special)
        .build()
        .trainOnTexts(List.of("the then there").iterator());
  }

  @Test
  void documentsEndWithTheTokenOfTheirVocabulary() {
    assertEquals(OptionalInt.of(1), TokenizerChoice.endOfDocument(with("a", "<|endoftext|>")));
    assertEquals(OptionalInt.of(0), TokenizerChoice.endOfDocument(with("<|end_of_text|>")));
    assertEquals(OptionalInt.empty(), TokenizerChoice.endOfDocument(with("</s>")));
    assertEquals(OptionalInt.empty(), TokenizerChoice.endOfDocument(CharTokenizer.fromText("<|")));
  }

  @Test
  void documentsBeginWithTheTokenOfATemplate() {
    BpeTokenizer bare = with("<|end_of_text|>", "<|begin_of_text|>");
    String template =
        """
        "post_processor":{"type":"TemplateProcessing",
        "single":[{"SpecialToken":{"id":"B","type_id":0}},{"Sequence":{"id":"A","type_id":0}}],
        "special_tokens":{"B":{"id":"B","ids":[1],"tokens":["<|begin_of_text|>"]}}}""";
    String json =
        bare.toJson().replaceFirst("\"post_processor\":\\{[^}]*}", template.replace("\n", ""));

    assertEquals(OptionalInt.empty(), TokenizerChoice.beginOfDocument(bare));
    assertEquals(OptionalInt.of(1), TokenizerChoice.beginOfDocument(BpeTokenizer.fromJson(json)));
    String gpt2 = json.replace("<|begin_of_text|>", "<|endoftext|>");
    assertEquals(OptionalInt.of(1), TokenizerChoice.beginOfDocument(BpeTokenizer.fromJson(gpt2)));
  }
}
