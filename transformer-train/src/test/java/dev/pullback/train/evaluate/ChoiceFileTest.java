package dev.pullback.train.evaluate;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.pullback.train.InputException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ChoiceFileTest {

  private static final String SOUND =
      "{\"ctx\": \"A man\", \"endings\": [\"sits.\", \"flies.\"], \"label\": 1}\n";

  @TempDir private Path folder;

  private List<ChoiceQuestion> read(String content, long limit) throws IOException {
    Path file = Files.writeString(folder.resolve("q.jsonl"), content);
    List<ChoiceQuestion> questions = new ArrayList<>();
    new ChoiceFile(file).read(limit, questions::add);
    return questions;
  }

  @Test
  void readsPlainQuestions() throws IOException {
    ChoiceQuestion expected = new ChoiceQuestion("A man", List.of("sits.", "flies."), 1);
    assertEquals(List.of(expected, expected), read(SOUND + "\n" + SOUND.strip(), 9));
    assertEquals(List.of(expected), read(SOUND + "{not read any more", 1));
  }

  /** As lm-evaluation-harness makes it ready; expected values are those of its Python. */
  @Test
  void readsHellaSwag() throws IOException {
    String line =
        "{\"ind\": 4, \"activity_label\": \"Roof [header] shingle removal\", \"ctx_a\":"
            + " \"A man is sitting  on a roof. [title] He\", \"ctx_b\": \"he  Starts\", \"ctx\":"
            + " \"ignored\", \"split\": \"val\", \"label\": \"1\", \"endings\": [\" is [substeps]"
            + " using wrap. \", \"[step] pulls\"]}";
    ChoiceQuestion question = read(line, 9).get(0);
    assertEquals(
        "Roof shingle removal: A man is sitting on a roof.. He He starts", question.context());
    assertEquals(List.of("is using wrap.", " pulls"), question.endings());
    assertEquals(1, question.label());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "{\"endings\": [\"a\", \"b\"], \"label\": 0} | there is no ctx",
        "{\"ctx\": 1, \"endings\": [\"a\", \"b\"], \"label\": 0} | ctx must be a text",
        "{\"ctx\": \" \", \"endings\": [\"a\", \"b\"], \"label\": 0} | the text before",
        "{\"ctx\": \"x\", \"label\": 0} | endings must be a list",
        "{\"ctx\": \"x\", \"endings\": [\"a\"], \"label\": 0} | at least 2 endings",
        "{\"ctx\": \"x\", \"endings\": [\"a\", 2], \"label\": 0} | endings must be a list",
        "{\"ctx\": \"x\", \"endings\": [\"a\", \"\"], \"label\": 0} | ending 1 is empty",
        "{\"ctx\": \"x\", \"endings\": [\"a\", \"b\"]} | there is no label",
        "{\"ctx\": \"x\", \"endings\": [\"a\", \"b\"], \"label\": \"\"} | label must be",
        "{\"ctx\": \"x\", \"endings\": [\"a\", \"b\"], \"label\": 1.5} | label must be",
        "{\"ctx\": \"x\", \"endings\": [\"a\", \"b\"], \"label\": -1} | label must be from 0 to 1",
        "{\"ctx\": \"x\", \"endings\": [\"a\", \"b\"], \"label\": 2} | label must be from 0 to 1",
        "{\"ctx\": \"x\", \"ctx\": \"y\"} | it is not JSON: Duplicate field",
        "[1, 2] | it is not a JSON object",
        "null | it is not a JSON object",
        "{\"ctx\": | it is not JSON",
        "plain words | it is not JSON",
      })
  void refusesALineByItsNumber(String line, String reason) {
    InputException e =
        assertThrows(InputException.class, () -> read(SOUND + "\n" + line + "\n" + SOUND, 9));
    assertTrue(
        e.getMessage().matches(".*q\\.jsonl line [345]: .*") && e.getMessage().contains(reason),
        e.getMessage());
  }

  @Test
  void refusesFilesWithoutQuestions() {
    assertTrue(refusal("").endsWith("has no questions"));
    assertTrue(refusal(" \n\n").endsWith("has no questions"));
    InputException e =
        assertThrows(
            InputException.class, () -> new ChoiceFile(folder.resolve("none")).read(1, q -> {}));
    assertTrue(e.getMessage().contains("none: no such file"), e.getMessage());
    assertThrows(InputException.class, () -> new ChoiceFile(folder).read(1, q -> {}));
  }

  private String refusal(String content) {
    return assertThrows(InputException.class, () -> read(content, 9)).getMessage();
  }

  @Test
  void refusesWhatIsNotUtf8() throws IOException {
    Path file = folder.resolve("latin.jsonl");
    Files.write(file, (SOUND + "{\"ctx\": \"caf\u00e9\"}").getBytes(StandardCharsets.ISO_8859_1));
    InputException e =
        assertThrows(InputException.class, () -> new ChoiceFile(file).read(9, q -> {}));
    assertTrue(e.getMessage().contains("latin.jsonl line 2: it is not JSON"), e.getMessage());
  }
}
