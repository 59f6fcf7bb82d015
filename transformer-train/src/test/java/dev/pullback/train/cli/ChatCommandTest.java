package dev.pullback.train.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code chat} with a model of characters that knows a template. */
class ChatCommandTest {

  private static final String TEMPLATE =
      "{% for m in messages %}{{ m.role[0] + ' ' + m.content + '\\n' }}{% endfor %}"
          + "{% if add_generation_prompt %}{{ 'a ' }}{% endif %}";

  @TempDir private static Path folder;
  private static Path run;

  private record Result(int status, String out, String err) {}

  /** A model of 64 characters of context, which has learnt nothing. */
  @BeforeAll
  static void importModel() throws IOException {
    Path text =
        Files.writeString(
            folder.resolve("text.txt"), "user assistant system be or not\n".repeat(9));
    Path trained = folder.resolve("trained");
    InProcess.run(
        "train --data %s --out %s %s"
            .formatted(text, trained, InProcess.tiny("--context 64 --max-steps 3")));
    InProcess.run("export --run %s --to %s".formatted(trained, folder.resolve("hub")));
    Files.writeString(folder.resolve("hub/tokenizer_config.json"), "{\"eos_token\": \"</s>\"}");
    run = withTemplate("chatty", TEMPLATE);
  }

  private static Path withTemplate(String name, String template) throws IOException {
    Files.writeString(folder.resolve("hub/chat_template.jinja"), template);
    Path to = folder.resolve(name);
    InProcess.run("import %s --out %s".formatted(folder.resolve("hub"), to));
    return to;
  }

  private static Result chat(String input, String... options) {
    List<String> arguments = new ArrayList<>(List.of("chat", "--tokens", "10"));
    arguments.addAll(List.of(options));
    InputStream before = System.in;
    StringWriter out = new StringWriter();
    StringWriter err = new StringWriter();
    try {
      System.setIn(new ByteArrayInputStream(input.getBytes(StandardCharsets.UTF_8)));
      int status =
          Main.commandLine()
              .setOut(new PrintWriter(out))
              .setErr(new PrintWriter(err))
              .execute(arguments.toArray(String[]::new));
      return new Result(status, out.toString(), err.toString());
    } finally {
      System.setIn(before);
    }
  }

  /** An answer is what the model writes behind the conversation as the template writes it. */
  @Test
  void continuesTheWrittenConversation() {
    String run = ChatCommandTest.run.toString();
    Result chat = chat("be\n\nor\n", "--run", run, "--temperature", "0", "--system", "not");
    assertEquals(0, chat.status(), chat.err());
    List<String> answers = answers(chat.out(), 2);
    String first = sample("s not\nu be\na ");
    assertEquals(first, answers.get(0));
    String second = sample("s not\nu be\na %s\nu or\na ".formatted(first));
    assertEquals(second, answers.get(1));
    Result again =
        chat("or\n/reset\nbe\n/exit\nbe\n", "--run", run, "--temperature", "0", "--system", "not");
    assertEquals(first, answers(again.out(), 2).get(1), "as if nothing had been said");
  }

  private static String sample(String prompt) {
    StringWriter out = new StringWriter();
    int status =
        Main.commandLine()
            .setOut(new PrintWriter(out))
            .execute(
                "sample",
                "--run",
                run.toString(),
                "--tokens",
                "10",
                "--temperature",
                "0",
                "--prompt",
                prompt);
    assertEquals(0, status);
    return out.toString().substring(prompt.length(), out.toString().length() - 1);
  }

  /** Answers have ten characters each, which may be line feeds, and a line feed behind. */
  private static List<String> answers(String out, int count) {
    assertEquals(count * 11, out.length(), out);
    List<String> answers = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      answers.add(out.substring(i * 11, i * 11 + 10));
    }
    return answers;
  }

  @Test
  void answersAreDrawnAnewByTheSeed() {
    String run = ChatCommandTest.run.toString();
    String input = "be\n/reset\nbe\n";
    Result chat = chat(input, "--run", run, "--temperature", "5");
    List<String> answers = answers(chat.out(), 2);
    assertNotEquals(answers.get(0), answers.get(1));
    assertEquals(chat.out(), chat(input, "--run", run, "--temperature", "5").out());
    assertNotEquals(
        chat.out(), chat(input, "--run", run, "--temperature", "5", "--seed", "2").out());
  }

  /** Each turn takes some 18 of 64 characters, of which 10 stay free. */
  @Test
  void theOldestMessagesAreLeftOut() {
    String run = ChatCommandTest.run.toString();
    Result chat = chat("be\nor\nbe\nor\nbe\n", "--run", run, "--system", "not");
    assertEquals(0, chat.status(), chat.err());
    assertEquals(5 * 11, chat.out().length());
    assertTrue(
        chat.err().contains("(The 2 oldest messages no longer fit into the context.)"), chat.err());
  }

  @Test
  void refusesWhatDoesNotFit() {
    String run = ChatCommandTest.run.toString();
    Result chat = chat("be\n" + "be or ".repeat(20) + "\n", "--run", run);
    assertEquals(2, chat.status());
    assertTrue(chat.err().contains("pullback: the message needs "), chat.err());
    chat = chat("\u00e9\n", "--run", run);
    assertTrue(chat.err().contains("the prompt has an unknown character"), chat.err());
  }

  @Test
  void refusesModelsWithoutATemplateThatCanBeFollowed() throws IOException {
    Result chat = chat("be\n", "--run", folder.resolve("trained").toString());
    assertEquals(2, chat.status());
    assertTrue(chat.err().startsWith("pullback: the model has no chat template; "), chat.err());
    Path odd = withTemplate("odd", "{{ messages | tojson }}");
    chat = chat("be\n", "--run", odd.toString());
    assertEquals(2, chat.status());
    assertEquals(
        "pullback: the model's chat template cannot be followed: it uses the filter tojson, which"
            + " is not supported\n",
        chat.err());
    Path alone =
        withTemplate(
            "alone",
            "{% if messages[0].role == 'system' %}"
                + "{{ raise_exception('no system') }}{% endif %}a ");
    assertTrue(
        chat("be\n", "--run", alone.toString(), "--system", "be").err().contains("no system"));
    assertEquals(0, chat("be\n", "--run", alone.toString()).status());
  }
}
