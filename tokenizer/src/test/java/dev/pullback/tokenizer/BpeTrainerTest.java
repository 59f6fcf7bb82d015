package dev.pullback.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BpeTrainerTest {

  @TempDir private Path directory;

  private static BpeTrainer.Builder builder() {
    return BpeTrainer.builder().setVocabularySize(400);
  }

  private Path file(String name, byte[] content) throws IOException {
    return Files.write(directory.resolve(name), content);
  }

  @Test
  void threadsDoNotChangeTheResult() throws IOException {
    Random random = new Random(1);
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < 200_000; i++) {
      text.append(
          "aeionst \n\u00e9".charAt((int) Math.min(9, Math.abs(random.nextGaussian() * 4))));
    }
    // Several blocks, in two files.
    List<Path> files =
        List.of(
            file("a.txt", text.toString().repeat(3).getBytes(StandardCharsets.UTF_8)),
            file("b.txt", "other words\n".getBytes(StandardCharsets.UTF_8)));
    BpeTokenizer one = builder().optThreads(1).build().trainOnFiles(files);
    BpeTokenizer many = builder().optThreads(3).build().trainOnFiles(files);

    assertEquals(one, many);
    assertEquals(one.toJson(), many.toJson());
    assertEquals(400, one.vocabularySize());

    List<String> lines = new ArrayList<>();
    for (Path file : files) {
      for (String line : Files.readString(file).split("(?<=\n)", -1)) {
        lines.add(line);
      }
    }
    assertEquals(one, builder().optThreads(2).build().trainOnTexts(lines.iterator()));
  }

  @Test
  void aLineLongerThanABlockIsOneText() throws IOException {
    String line = "ab cd ".repeat(200_000);
    Path file = file("long.txt", (line + "\nx").getBytes(StandardCharsets.UTF_8));

    BpeTokenizer trained = builder().build().trainOnFiles(List.of(file));

    assertEquals(builder().build().trainOnTexts(List.of(line + "\n", "x").iterator()), trained);
  }

  @Test
  void aPieceOfMillionsIsTrainedOn() {
    BpeTokenizer trained =
        builder().build().trainOnTexts(List.of("a".repeat(2_000_000)).iterator());

    assertEquals(2_000_000, trained.decode(trained.vocabularySize() - 1).length());
  }

  @Test
  void emptyCorporaAreRefused() throws IOException {
    List<Path> empty = List.of(file("empty.txt", new byte[0]));

    for (IllegalArgumentException e :
        List.of(
            assertThrows(
                IllegalArgumentException.class, () -> builder().build().trainOnFiles(empty)),
            assertThrows(
                IllegalArgumentException.class, () -> builder().build().trainOnFiles(List.of())),
            assertThrows(
                IllegalArgumentException.class,
                () -> builder().build().trainOnTexts(List.of("", "").iterator())))) {
      assertEquals("the corpus is empty: there is nothing to train on", e.getMessage());
    }
  }

  @Test
  void bytesThatAreNotUtf8AreRefusedWithTheirOffsetOrReplaced() throws IOException {
    byte[] bytes = ("ok\n".repeat(200_000) + "caf? \n").getBytes(StandardCharsets.UTF_8);
    bytes[600_003] = (byte) 0xe9;
    Path file = file("latin1.txt", bytes);

    IOException e =
        assertThrows(
            IOException.class, () -> builder().optThreads(2).build().trainOnFiles(List.of(file)));
    BpeTokenizer replaced =
        builder().optMalformedUtf8(MalformedUtf8.REPLACE).build().trainOnFiles(List.of(file));

    assertEquals(
        file
            + ": byte 0xe9 at offset 600003 is not UTF-8; convert the file, or choose to replace"
            + " such bytes",
        e.getMessage());
    String text = new String(bytes, StandardCharsets.UTF_8);
    List<String> lines = List.of(text.split("(?<=\n)", -1));
    assertEquals(builder().build().trainOnTexts(lines.iterator()), replaced);
  }

  @Test
  void unpairedSurrogatesAreRefused() {
    List<String> texts = List.of("fine", "abc \udc00");

    IllegalArgumentException e =
        assertThrows(
            IllegalArgumentException.class, () -> builder().build().trainOnTexts(texts.iterator()));

    assertTrue(e.getMessage().contains("unpaired surrogate U+DC00 at index 4"), e.getMessage());
  }

  @Test
  void missingFilesAreNamed() {
    Path missing = directory.resolve("missing.txt");

    IOException e =
        assertThrows(
            NoSuchFileException.class, () -> builder().build().trainOnFiles(List.of(missing)));

    assertTrue(e.getMessage().contains("missing.txt"), e.getMessage());
  }

  @Test
  void settingsOutOfRangeAreNamed() {
    assertEquals(
        "the vocabulary size is 256, at least 257 is needed",
        message(BpeTrainer.builder().setVocabularySize(256).optSpecialTokens("<s>")));
    assertEquals(
        "the number of threads is 0, at least 1 is needed", message(builder().optThreads(0)));
    assertEquals(
        "the least frequency is -1, at least 0 is needed", message(builder().optMinFrequency(-1)));
    assertEquals(
        "the longest token is 0, at least 1 is needed", message(builder().optMaxTokenLength(0)));
    assertEquals(
        "special token \"<s>\" is given twice", message(builder().optSpecialTokens("<s>", "<s>")));
    assertEquals(
        "a prefix space is supported with the GPT-2 pattern only",
        message(builder().optPattern(SplitPattern.CL100K).optAddPrefixSpace(true)));
    assertThrows(IllegalArgumentException.class, () -> builder().optSpecialTokens(""));
  }

  private static String message(BpeTrainer.Builder builder) {
    return assertThrows(IllegalArgumentException.class, builder::build).getMessage();
  }

  @Test
  void settingsChangeWhatIsLearnt() {
    List<String> texts = List.of("the other that then there ".repeat(3));
    BpeTokenizer all = builder().build().trainOnTexts(texts.iterator());

    assertNotEquals(all, builder().optMaxTokenLength(3).build().trainOnTexts(texts.iterator()));
    assertNotEquals(all, builder().optMinFrequency(7).build().trainOnTexts(texts.iterator()));
    assertNotEquals(
        all,
        builder().optPattern(new SplitPattern("[a-z]|\\s")).build().trainOnTexts(texts.iterator()));
  }

  @Test
  void partsGiveTheMergesOfTheWhole() {
    String text = "She sells sea-shells  by the sea\uD83D\uDE00 shore. ".repeat(20);
    BpeTrainer trainer = BpeTrainer.builder().setVocabularySize(300).build();
    String whole = trainer.trainOnTexts(List.of(text).iterator()).toJson();
    String parts =
        trainer
            .trainOnParts(
                taker -> {
                  for (int i = 0; i < text.length(); i++) {
                    taker.accept(text.substring(i, i + 1));
                  }
                })
            .toJson();
    assertEquals(whole, parts);
    assertThrows(IllegalArgumentException.class, () -> trainer.trainOnParts(taker -> {}));
  }
}
