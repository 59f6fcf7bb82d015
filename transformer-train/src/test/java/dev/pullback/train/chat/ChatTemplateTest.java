package dev.pullback.train.chat;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import dev.pullback.train.InputException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.LocalDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.From;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What transformers makes of the same templates; {@code bench/peers/chat_golden.py} asked it. */
class ChatTemplateTest {

  private static final JsonNode GOLDEN = golden();
  private static final LocalDateTime NOW = LocalDateTime.of(2024, 7, 6, 5, 4, 3);

  private static final List<Message> PROBE =
      List.of(
          new Message("user", " Hello\n"),
          new Message("assistant", "Hi!"),
          new Message("user", "Bye"));

  private static JsonNode golden() {
    try (InputStream in = ChatTemplateTest.class.getResourceAsStream("/golden/chat.json")) {
      return new JsonMapper().readTree(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String write(String template, List<Message> messages) {
    return new ChatTemplate(template, special()).write(messages, true, NOW);
  }

  private static Map<String, String> special() {
    return Map.of("bos_token", "<s>", "eos_token", "</s>");
  }

  static Stream<Arguments> templates() {
    List<Arguments> all = new ArrayList<>();
    for (Map.Entry<String, JsonNode> template : GOLDEN.path("templates").properties()) {
      for (int i = 0; i < GOLDEN.path("conversations").size(); i++) {
        all.add(Arguments.of(template.getKey(), i));
      }
    }
    return all.stream();
  }

  @ParameterizedTest
  @MethodSource("templates")
  void writesWhatTransformersWrites(String name, int conversation) {
    List<Message> messages = new ArrayList<>();
    for (JsonNode message : GOLDEN.path("conversations").get(conversation)) {
      messages.add(new Message(message.get(0).asText(), message.get(1).asText()));
    }
    ChatTemplate template =
        new ChatTemplate(GOLDEN.path("templates").path(name).asText(), special());
    JsonNode expected = GOLDEN.path("texts").path(name).get(conversation);
    if (expected.isNull()) {
      InputException e =
          assertThrows(InputException.class, () -> template.write(messages, true, NOW));
      assertTrue(e.getMessage().matches(".*(must alternate.*|are supported!|not supported)"), name);
    } else {
      assertEquals(expected.asText(), template.write(messages, true, NOW));
    }
  }

  static Stream<Arguments> exact() {
    return StreamSupport.stream(GOLDEN.path("exact").spliterator(), false)
        .map(pair -> Arguments.of(pair.get(0).asText(), pair.get(1)));
  }

  @ParameterizedTest
  @MethodSource("exact")
  void meansWhatItMeansInJinja(String piece, JsonNode expected) {
    if (expected.isNull()) {
      assertThrows(InputException.class, () -> write(piece, PROBE));
    } else {
      assertEquals(expected.asText(), write(piece, PROBE));
    }
  }

  static Stream<String> refused() {
    return StreamSupport.stream(GOLDEN.path("refused").spliterator(), false).map(JsonNode::asText);
  }

  @ParameterizedTest
  @MethodSource("refused")
  void refusesWhatIsNotSupported(String piece) {
    InputException e = assertThrows(InputException.class, () -> write(piece, PROBE));
    assertTrue(
        e.getMessage().startsWith("the model's chat template cannot be followed: "),
        e.getMessage());
  }

  /** Branches that are not taken may have anything, if it can be read. */
  @Test
  void refusesOnlyWhatIsNeeded() {
    String template = "{% if tools %}{{ tools | tojson | magic(x=1) }}{% endif %}done";
    assertEquals("done", write(template, PROBE));
  }

  @ParameterizedTest
  @CsvSource({
    "%d %b %Y, 06 Jul 2024",
    "'%B %d, %Y %H:%M:%S', 'July 06, 2024 05:04:03'",
    "%A %y-%m, Saturday 24-07",
  })
  void writesDatesInEnglish(String format, String expected) {
    assertEquals(expected, write("{{ strftime_now('" + format + "') }}", PROBE));
  }

  @Test
  void saysWhere() {
    InputException e =
        assertThrows(InputException.class, () -> write("a\n{% if true %}\n{{ 1 + }}", PROBE));
    assertTrue(e.getMessage().contains("line 3, '1 +': "), e.getMessage());
    e = assertThrows(InputException.class, () -> write("{{ strftime_now('%q') }}", PROBE));
    assertTrue(e.getMessage().contains("the date format %q, which is not supported"), e.toString());
  }

  @Provide
  static Arbitrary<String> pieces() {
    return Arbitraries.of(
            "{{",
            "}}",
            "{%",
            "%}",
            "{#",
            "#}",
            "-",
            " if ",
            " for ",
            " in ",
            " set ",
            "else",
            "endif",
            "endfor",
            "messages",
            "loop",
            "x",
            "=",
            "==",
            "'",
            "\"",
            "\\",
            "(",
            ")",
            "[",
            "]",
            "{",
            "}",
            "|",
            ".",
            ":",
            ",",
            "~",
            "+",
            "*",
            "1",
            "0",
            "not",
            "is",
            "defined",
            "trim",
            "\n",
            " ",
            "\u0000",
            "\ud83d\ude00",
            "range",
            "namespace",
            "strip",
            "split")
        .list()
        .ofMaxSize(30)
        .map(parts -> String.join("", parts));
  }

  /** Whatever a template is, it gives a text or a line that says why not. */
  @Property
  void noTemplateFails(@ForAll @From("pieces") String template) {
    try {
      write(template, PROBE);
    } catch (InputException e) {
      assertTrue(e.getMessage().startsWith("the model's chat template cannot be followed: "));
    }
  }

  @Test
  void deepNestingIsRefused() {
    for (String open :
        List.of("(", "[", "{{'a':", "not ", "- ", "{% if x %}", "x[", "f(", "x if ")) {
      String deep = open.startsWith("{%") ? open.repeat(100_000) : "{{" + open.repeat(100_000);
      assertThrows(InputException.class, () -> write(deep, PROBE), open);
    }
  }

  /** No brackets, but as deep to compute. */
  @ParameterizedTest
  @ValueSource(strings = {"'a' if false else ", "1 + ", "'a' | trim ~ "})
  void longChainsAreRefused(String link) {
    assertThrows(
        InputException.class, () -> write("{{" + link.repeat(200_000) + "1 }}", PROBE), link);
    String branches = "{% elif false %}".repeat(100_000);
    assertThrows(
        InputException.class, () -> write("{% if false %}" + branches + "{% endif %}", PROBE));
  }

  @Test
  void endlessOutputIsRefused() {
    String doubling = "{% set ns = namespace(x='aaaaaaaa') %}{% for i in range(60) %}";
    assertThrows(
        InputException.class,
        () -> write(doubling + "{% set ns.x = ns.x + ns.x %}{{ ns.x }}{% endfor %}", PROBE));
    assertThrows(InputException.class, () -> write("{{ range(100000000) | length }}", PROBE));
    String all = "{{ range(-9223372036854775807, 9223372036854775807) | length }}";
    assertThrows(InputException.class, () -> write(all, PROBE));
  }

  @Test
  void stepsBeyondTheEndAreOne() {
    assertEquals("1", write("{{ 'abc'[1::9223372036854775807] | length }}", PROBE));
    assertEquals("1", write("{{ 'abc'[::-9223372036854775807] | length }}", PROBE));
  }
}
