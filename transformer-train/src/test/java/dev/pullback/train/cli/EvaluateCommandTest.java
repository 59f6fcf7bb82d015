package dev.pullback.train.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code evaluate}. */
class EvaluateCommandTest {

  private static final String TEXT = "To be, or not to be. That is.\n".repeat(40);

  @TempDir private static Path folder;
  private static Path run;

  @BeforeAll
  static void train() throws IOException {
    Files.writeString(folder.resolve("text.txt"), TEXT);
    run = folder.resolve("run");
    InProcess.run(
        "train --data %s --out %s %s".formatted(folder.resolve("text.txt"), run, InProcess.TINY));
  }

  private static JsonNode evaluate(Path run, String options) throws IOException {
    return new JsonMapper().readTree(InProcess.run("evaluate --json --run " + run + " " + options));
  }

  private static JsonNode validation(Path run) throws IOException {
    String last =
        InProcess.metrics(run).stream()
            .filter(line -> line.contains("\"validation\""))
            .reduce((first, second) -> second)
            .orElseThrow();
    return new JsonMapper().readTree(last);
  }

  /** The part of the text that training validates with has the loss that training found. */
  @Test
  void agreesWithTraining() throws IOException {
    String rest = TEXT.substring(TEXT.length() / 10 * 9);
    Path file = Files.writeString(folder.resolve("rest.txt"), rest);
    JsonNode score = evaluate(run, "--data " + file);
    JsonNode expected = validation(run);
    assertEquals(expected.path("loss").asDouble(), score.path("loss").asDouble(), 1e-6);
    assertEquals(
        expected.path("bits_per_byte").asDouble(), score.path("bits_per_byte").asDouble(), 1e-6);
    assertEquals(Math.exp(score.path("loss").asDouble()), score.path("perplexity").asDouble());
    assertEquals(rest.length(), score.path("tokens").asInt());
    assertEquals(rest.length() - 1, score.path("scored_tokens").asInt());
    assertEquals(rest.length(), score.path("bytes").asInt());
    assertEquals(16, score.path("context").asInt());
    assertEquals(16, score.path("stride").asInt());
    String words = InProcess.run("evaluate --stride 4 --run %s --data %s".formatted(run, file));
    assertTrue(
        words.matches(
            """
            Loss [0-9.]+ nats per token \\(perplexity [0-9.]+, [0-9.]+ bits per byte\\)
            120 tokens of 120 bytes, in windows of 16 that begin every 4; .* tokens/s
            """),
        words);
  }

  @Test
  void readsStandardInputOnce() throws IOException {
    InputStream before = System.in;
    String part = TEXT.substring(0, 100);
    try {
      System.setIn(new ByteArrayInputStream(part.getBytes(StandardCharsets.UTF_8)));
      JsonNode piped = evaluate(run, "--data -");
      Path file = Files.writeString(folder.resolve("part.txt"), part);
      assertEquals(
          evaluate(run, "--data " + file).path("loss").asDouble(), piped.path("loss").asDouble());
    } finally {
      System.setIn(before);
    }
  }

  @Test
  void takesWhatACorpusValidatesWith() throws IOException {
    Path documents = Files.createDirectory(folder.resolve("documents"));
    for (int i = 0; i < 40; i++) {
      Files.writeString(documents.resolve(i + ".txt"), TEXT.substring(i, 100 + i));
    }
    Path corpus = folder.resolve("corpus");
    InProcess.run("prepare --out %s --tokenizer bpe:260 %s".formatted(corpus, documents));
    Path onCorpus = folder.resolve("on-corpus");
    InProcess.run("train --data %s --out %s %s".formatted(corpus, onCorpus, InProcess.TINY));
    JsonNode score = evaluate(onCorpus, "--data " + corpus);
    JsonNode expected = validation(onCorpus);
    assertEquals(expected.path("loss").asDouble(), score.path("loss").asDouble(), 1e-6);
    assertEquals(
        expected.path("bits_per_byte").asDouble(), score.path("bits_per_byte").asDouble(), 1e-6);
    assertTrue(
        InProcess.refused("evaluate --run %s --data %s".formatted(run, corpus))
            .contains("was prepared with the tokenizer"));
  }

  @Test
  void answersQuestions() throws IOException {
    String question =
        "{\"ctx\": \"To be, or\", \"endings\": [\"not\", \"is be\"], \"label\": %d}\n";
    Path file =
        Files.writeString(
            folder.resolve("questions.jsonl"),
            question.formatted(0) + question.formatted(1) + question.formatted(1));
    JsonNode score = evaluate(run, "--choices " + file);
    assertEquals(3, score.path("questions").asInt());
    double accuracy = score.path("accuracy").asDouble();
    assertTrue(accuracy == 1 / 3.0 || accuracy == 2 / 3.0, score.toString());
    assertEquals(1 / 3.0, score.path("accuracy_standard_error").asDouble(), 1e-12);
    JsonNode first = evaluate(run, "--limit 1 --choices " + file);
    assertEquals(1, first.path("questions").asInt());
    assertTrue(first.path("accuracy_standard_error").isMissingNode());
    String words = InProcess.run("evaluate --run %s --choices %s".formatted(run, file));
    assertTrue(words.startsWith("Accuracy 0."), words);
    Files.writeString(file, question.formatted(0) + question.replace("To", "\u00e9").formatted(0));
    String refused = InProcess.refused("evaluate --run %s --choices %s".formatted(run, file));
    assertTrue(refused.contains("questions.jsonl line 2: ") && refused.contains("U+00E9"), refused);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "'' | --data",
        "--data @/text.txt --choices @/text.txt | mutually exclusive",
        "--data @/none.txt | no such file",
        "--data @ | is a folder with neither",
        "--data @/text.txt --context 17 | context must be at most the model's context of 16",
        "--data @/text.txt --context 8 --stride 9 | stride must be at most the context of 8",
        "--data @/text.txt --stride 0 | stride must be at least 1",
        "--data @/text.txt --limit 3 | --limit goes with --choices",
        "--choices @/text.txt --stride 3 | --context and --stride go with --data",
        "--choices @/text.txt --limit 0 | limit must be at least 1",
        "--choices @/text.txt | text.txt line 1: it is not JSON",
      })
  void refuses(String options, String reason) {
    String refused =
        InProcess.refused(
            ("evaluate --run " + run + " " + options).replace("@", folder.toString()).strip());
    assertTrue(refused.contains(reason), refused);
  }

  @Test
  void refusesTextsThatDoNotFit() throws IOException {
    Path file = Files.writeString(folder.resolve("strange.txt"), "To be \u00e9");
    String refused = InProcess.refused("evaluate --run %s --data %s".formatted(run, file));
    assertTrue(refused.contains("strange.txt has an ") && refused.contains("U+00E9"), refused);
    Files.writeString(file, "");
    refused = InProcess.refused("evaluate --run %s --data %s".formatted(run, file));
    assertTrue(refused.contains("the text has 0 tokens"), refused);
    Files.write(file, new byte[] {'T', (byte) 0xff});
    refused = InProcess.refused("evaluate --run %s --data %s".formatted(run, file));
    assertTrue(refused.contains("is not valid UTF-8: malformed byte 0xFF at offset 1"), refused);
    Path regression = folder.resolve("regression");
    InProcess.run(
        "train --task regression --epochs 1 --threads 1 --out %s --data-dir %s"
            .formatted(regression, folder.resolve("none")));
    refused = InProcess.refused("evaluate --run %s --data %s".formatted(regression, file));
    assertTrue(refused.contains("only models of text can be evaluated"), refused);
  }
}
