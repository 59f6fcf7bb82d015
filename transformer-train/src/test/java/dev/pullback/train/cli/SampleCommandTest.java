package dev.pullback.train.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** {@code sample}, and what it knows of a model's texts. */
class SampleCommandTest {

  private static final String LLAMA =
      "--family llama --layers 1 --heads 2 --kv-heads 1 --head-width 8 --width 16 --inner-width 24"
          + " --context 16 --batch 4 --max-steps 3 --eval-interval 3 --warmup-steps 2";

  @TempDir private static Path folder;
  private static Path text;
  private static Path run;

  @BeforeAll
  static void train() throws IOException {
    text = InProcess.writeText(folder);
    run = train("gpt", InProcess.TINY);
  }

  private static Path train(String name, String options) {
    Path to = folder.resolve(name);
    InProcess.run("train --data %s --out %s %s".formatted(text, to, options));
    return to;
  }

  private static String sample(Path of, String options) {
    return InProcess.run("sample --prompt be --tokens 40 --run %s %s".formatted(of, options));
  }

  private static List<String> samples(Path of, String options) {
    return Stream.of(sample(of, options).split("\n\nSample \\d+:\n|Sample 1:\n"))
        .map(String::strip)
        .toList();
  }

  @Test
  void aPromptMayBeginWithAt() throws IOException {
    String file = "@" + Files.writeString(folder.resolve("notes.txt"), "--samples 3");
    assertEquals(
        file,
        Main.commandLine()
            .parseArgs("sample", "--run", "x", "--prompt", file)
            .subcommand()
            .matchedOptionValue("--prompt", ""));
  }

  /** The text it was trained on has no line feed. */
  @Test
  void withoutAPromptTheFirstCharacterIsContinued() {
    String text = InProcess.run("sample --tokens 5 --run " + run);
    assertTrue(text.startsWith(" "), text);
    assertEquals(1 + 5 + 1, text.length(), text);
  }

  @Test
  void endsWhenNobodyReads() {
    AtomicInteger writes = new AtomicInteger();
    OutputStream closed =
        new OutputStream() {
          @Override
          public void write(int b) throws IOException {
            writes.incrementAndGet();
            throw new IOException("Broken pipe");
          }
        };
    PrintWriter out = new PrintWriter(closed, true, StandardCharsets.UTF_8);
    assertTimeoutPreemptively(
        Duration.ofMinutes(2),
        () ->
            Main.commandLine()
                .setOut(out)
                .execute("sample", "--prompt=be", "--tokens=100000000", "--run=" + run));
    assertTrue(writes.get() > 0, "it wrote");
  }

  /** Beyond the context, where a GPT begins anew, too. */
  @ParameterizedTest
  @CsvSource({"gpt,", "gpt, --kernels portable", "llama,", "llama, --kernels portable"})
  void aSampleDoesNotDependOnTheOthers(String family, String kernels) {
    Path of =
        kernels == null && family.equals("gpt")
            ? run
            : train(
                family + (kernels == null ? "" : "-portable"),
                (family.equals("gpt") ? InProcess.TINY : LLAMA)
                    + " "
                    + (kernels == null ? "" : kernels));
    String alone = sample(of, "").strip();
    List<String> two = samples(of, "--samples 2");
    List<String> five = samples(of, "--samples 5");
    assertEquals(3, two.size());
    assertEquals(6, five.size());
    assertEquals(alone, two.get(1));
    assertEquals(two, five.subList(0, 3));
    assertEquals(5, five.stream().skip(1).distinct().count(), five.toString());
    assertNotEquals(alone, sample(of, "--seed 2").strip());
    assertEquals("be".length() + 40 + 1, sample(of, "").length());
  }

  @Test
  void endsBeforeAStopString() {
    String whole = sample(run, "").strip();
    int at = 12;
    while (whole.substring(at, at + 2).contains(" ")) { // where the words of InProcess.run end
      at++;
    }
    String stop = whole.substring(at, at + 2);
    String expected = whole.substring(0, whole.indexOf(stop, 2));
    assertEquals(expected + "\n", sample(run, "--stop %s --stop zzz".formatted(stop)));
    assertEquals(sample(run, ""), sample(run, "--stop zzz"));
  }

  @Test
  void filtersChangeTheText() {
    String greedy = sample(run, "--temperature 0");
    assertEquals(greedy, sample(run, "--top-k 1"));
    assertEquals(greedy, sample(run, "--top-p 0.000001"));
    assertEquals(greedy, sample(run, "--min-p 1"));
    assertNotEquals(greedy, sample(run, "--temperature 0 --repetition-penalty 5"));
  }

  private static Path copyWithConventions(String name, String json) throws IOException {
    Path copy = folder.resolve(name);
    for (String file : InProcess.content(run).keySet()) {
      Path to = copy.resolve(file);
      Files.createDirectories(to.getParent());
      Files.copy(run.resolve(file), to);
    }
    Files.writeString(copy.resolve("checkpoints/step-00000006/conventions.json"), json);
    return copy;
  }

  private static String conventions(String endTokens) {
    return "{\"end_tokens\": %s, \"special_tokens\": {}, \"chat_template\": \"\"}"
        .formatted(endTokens);
  }

  /** Tokens are characters in the order of Unicode: a line feed is none of them, 0 is the space. */
  @Test
  void endsAtAnEndToken() throws IOException {
    String whole = sample(run, "").strip();
    int end = whole.indexOf(' ');
    assertTrue(end > 0, whole);
    Path ending = copyWithConventions("ending", conventions("[0]"));
    assertEquals(whole.substring(0, end) + "\n", sample(ending, ""));
    List<String> several = samples(ending, "--samples 3");
    assertTrue(several.stream().noneMatch(t -> t.contains(" ")), several.toString());
    assertEquals(whole.substring(0, end), several.get(1));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "[]",
        "{}",
        "{\"end_tokens\": [-1], \"special_tokens\": {}, \"chat_template\": \"\"}",
        "{\"end_tokens\": [1.5], \"special_tokens\": {}, \"chat_template\": \"\"}",
        "{\"end_tokens\": [99999999999], \"special_tokens\": {}, \"chat_template\": \"\"}",
        "{\"end_tokens\": [null], \"special_tokens\": {}, \"chat_template\": \"\"}",
        "{\"end_tokens\": [], \"special_tokens\": {\"eos_token\": null}, \"chat_template\": \"\"}",
        "{\"end_tokens\": [], \"special_tokens\": {}, \"chat_template\": null}",
        "{\"end_tokens\": [], \"special_tokens\": {}, \"chat_template\": \"\", \"x\": 1}",
      })
  void refusesConventionsThatAreNone(String json) throws IOException {
    Path damaged = copyWithConventions("damaged" + Integer.toHexString(json.hashCode()), json);
    String refused = InProcess.refused("sample --prompt be --run " + damaged);
    assertTrue(refused.contains("conventions.json is not "), refused);
  }

  /** From an imported folder to the run, and on to a run that begins with it. */
  @Test
  void importKeepsWhatTheFolderSays() throws IOException {
    Path hub = folder.resolve("hub");
    InProcess.run("export --run %s --to %s".formatted(run, hub));
    Files.writeString(hub.resolve("generation_config.json"), "{\"eos_token_id\": [3, 1]}");
    Files.writeString(
        hub.resolve("tokenizer_config.json"),
        "{\"bos_token\": {\"content\": \"B\"}, \"eos_token\": \"E\", \"pad_token\": null,"
            + " \"chat_template\": [{\"name\": \"tool\", \"template\": \"t\"},"
            + " {\"name\": \"default\", \"template\": \"d\"}]}");
    JsonNode first = imported(hub, "first");
    assertEquals("[1,3]", first.path("end_tokens").toString());
    assertEquals(
        "{\"bos_token\":\"B\",\"eos_token\":\"E\"}", first.path("special_tokens").toString());
    assertEquals("d", first.path("chat_template").asText());
    Files.writeString(hub.resolve("chat_template.jinja"), "{{ messages }}\n");
    Files.delete(hub.resolve("generation_config.json"));
    JsonNode second = imported(hub, "second");
    assertEquals("[]", second.path("end_tokens").toString());
    assertEquals("{{ messages }}\n", second.path("chat_template").asText());
    Path tuned = folder.resolve("tuned");
    InProcess.run(
        "train --from %s --data %s --out %s --max-steps 2 --warmup-steps 0"
            .formatted(folder.resolve("second"), text, tuned));
    InProcess.run("train --resume --out %s --max-steps 3".formatted(tuned));
    assertEquals(second, read(tuned.resolve("checkpoints/step-00000003")));
    InProcess.run("export --run %s --to %s".formatted(tuned, folder.resolve("again")));
    assertEquals(second, imported(folder.resolve("again"), "third"));
    assertFalse(Files.exists(run.resolve("checkpoints/step-00000006/conventions.json")));
  }

  @Test
  void anEmptyTemplateIsNone() throws IOException {
    Path hub = folder.resolve("empty-template");
    InProcess.run("export --run %s --to %s".formatted(run, hub));
    Files.writeString(hub.resolve("chat_template.jinja"), "");
    InProcess.run("import %s --out %s".formatted(hub, folder.resolve("without-template")));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "generation_config.json | {\"eos_token_id\": -2} | eos_token_id must be a token",
        "generation_config.json | [] | is not a model's configuration",
        "generation_config.json | {\"eos_token_id\": \"x\"} | eos_token_id must be a token",
        "tokenizer_config.json | {\"chat_template\": {}} | chat_template is neither",
        "tokenizer_config.json | {\"chat_template\": [{\"name\": \"x\"}]} | chat_template is neither",
      })
  void refusesFoldersThatSayNonsense(String file, String content, String reason)
      throws IOException {
    Path hub = folder.resolve("bad" + Integer.toHexString((file + content).hashCode()));
    InProcess.run("export --run %s --to %s".formatted(run, hub));
    Files.writeString(hub.resolve(file), content);
    String refused =
        InProcess.refused("import %s --out %s".formatted(hub, folder.resolve("not-made")));
    assertTrue(refused.contains(file) && refused.contains(reason), refused);
    assertFalse(Files.exists(folder.resolve("not-made")));
  }

  private static JsonNode imported(Path hub, String name) throws IOException {
    InProcess.run("import %s --out %s".formatted(hub, folder.resolve(name)));
    return read(folder.resolve(name).resolve("checkpoints/step-00000000"));
  }

  private static JsonNode read(Path checkpoint) throws IOException {
    return new JsonMapper().readTree(checkpoint.resolve("conventions.json").toFile());
  }
}
