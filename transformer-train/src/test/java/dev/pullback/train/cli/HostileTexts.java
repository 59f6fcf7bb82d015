package dev.pullback.train.cli;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.regex.Pattern;

/** Damaged files of text: tokenizers, states, measurements, names of checkpoints, options. */
final class HostileTexts {

  private static final String BIG = "9".repeat(400);

  private HostileTexts() {}

  static List<Damage> tokenizers(Random random) {
    List<Damage> damages = new ArrayList<>(Damage.ofAnyJsonObject(random));
    damages.addAll(Damage.values("/type", "\"bpe\"", "1", "null", "\"a\\nb\\u001b[31m\"", null));
    damages.addAll(
        Damage.values(
            "/version", "2", "-1", "1.5", "\"1\"", "null", "4294967297", BIG, "1e99999999", null));
    damages.addAll(
        Damage.values("/characters", "null", "{}", "\"ab\"", "[]", "[1]", "[null]", "[[]]", null));
    String last = "/characters/" + (3 + random.nextInt(8));
    damages.addAll(
        Damage.values(
            last,
            "\"\"",
            "\"ab\"",
            "7",
            "null",
            "\"\\ud800\"",
            "\"\\u0000\"",
            "[\"a\"]",
            "\"" + "x".repeat(1 << 20) + "\""));
    damages.addAll(
        Damage.values("/replacement", "1", "\"\"", "\"ab\"", "\"\u4e00\"", "[]", "\"\\udc00\""));
    damages.addAll(Damage.values("/more", "1"));
    // The tokenizer is sound, but the model is of fewer tokens.
    damages.add(
        Damage.text("a token too many", text -> text.replace("[\"", "[\"\\u0001\",\""))
            .naming("model.safetensors"));
    damages.add(
        Damage.text("a token too few", text -> Damage.with(text, "/characters/0", null))
            .naming("model.safetensors"));
    return damages;
  }

  static List<Damage> states(Random random) {
    List<Damage> damages = new ArrayList<>(Damage.ofAnyJsonObject(random));
    damages.addAll(
        Damage.values(
            "/version", "3", "0", "-1", "null", "\"x\"", "2.5", "\"2\"", "4294967298", BIG, null));
    for (String count : List.of("/step", "/tokens")) {
      damages.addAll(
          Damage.values(count, "-1", "1.5", "\"6\"", "null", "true", "[]", "1e300", BIG, null));
    }
    for (String field :
        List.of(
            "/seconds",
            "/elapsedSeconds",
            "/loss",
            "/full",
            "/best",
            "/evaluatedStep",
            "/bestStep")) {
      String[] wrong = {"null", "\"x\"", "{}", "[1]", "true", null};
      damages.addAll(Damage.values(field, wrong[random.nextInt(wrong.length)]));
    }
    damages.addAll(Damage.values("/seconds", "-1", "1e999"));
    damages.addAll(Damage.values("/elapsedSeconds", "-1", "\"NaN\""));
    damages.addAll(Damage.values("/evaluatedStep", "-2", "7"));
    damages.addAll(Damage.values("/dataSha256", "null", "7", "[]", null));
    damages.addAll(Damage.values("/more", "1"));
    damages.add(Damage.values("/dataSha256", "\"00\"").get(0).naming("run"));
    return damages;
  }

  /** The file ends with a line feed and has a line for each of a few steps. */
  static List<Damage> metrics(Random random) {
    List<Damage> damages = new ArrayList<>(Damage.ofAnyFile(random));
    damages.removeIf(damage -> damage.what().startsWith("grown")); // a last line that is cut off
    int line = random.nextInt(4);
    for (String bad :
        List.of(
            "",
            "null",
            "[]",
            "3",
            "{}",
            "{\"step\":null}",
            "{\"step\":1.5}",
            "{\"step\":\"1\"}",
            "{\"step\":-1,\"split\":\"train\",\"loss\":1}",
            "{\"step\":" + BIG + ",\"split\":\"train\",\"loss\":1}",
            "{\"step\":1,\"split\":\"train\",\"loss\":\"x\"}",
            "{\"step\":1,\"split\":\"train\",\"loss\":null}",
            "{\"step\":1,\"split\":\"train\",\"loss\":NaN}",
            "{\"step\":1,\"split\":\"train\",\"loss\":1e999}",
            "{\"step\":1,\"step\":2,\"split\":\"train\",\"loss\":1}",
            "{\"step\":1,\"split\":\"train\",\"loss\":1}{}",
            "{\"step\":1,\"split\":\"train\"",
            "\u0000",
            "[".repeat(100_000),
            "x".repeat(2 << 20))) {
      damages.add(
          Damage.text(
              "line %d: %s".formatted(line + 1, Damage.shortened(bad)),
              text -> inserted(text, line, bad)));
    }
    damages.addAll(
        List.of(
            Damage.text("no training loss", text -> text.replace("train", "trial")),
            Damage.text("half a line more", text -> text + "{\"step\":7,\"spl").isHarmless(),
            Damage.of("16 MB of zeros behind it", file -> Damage.setLength(file, 16 << 20))
                .isHarmless(),
            Damage.text("carriage returns", text -> text.replace("\n", "\r\n")).isHarmless(),
            Damage.text(
                    "enormous numbers",
                    text ->
                        text
                            + "{\"step\":9223372036854775807,\"split\":\"train\",\"loss\":1e308}\n"
                            + "{\"step\":8,\"split\":\"train\",\"loss\":-1e308}\n")
                .isHarmless(),
            Damage.text("an unknown split", text -> text + "{\"step\":7,\"split\":3}\n")
                .isHarmless()));
    return damages;
  }

  private static String inserted(String text, int line, String more) {
    List<String> lines = new ArrayList<>(text.lines().toList());
    lines.add(line, more);
    return String.join("\n", lines) + "\n";
  }

  /** A file that names a folder beside it. */
  static List<Damage> names(Random random) {
    List<Damage> damages = new ArrayList<>(Damage.ofAnyFile(random));
    for (String name :
        List.of(
            "\n",
            "..",
            ".",
            "../checkpoints",
            "../../../../../../etc",
            "/etc",
            "step-99999999",
            "step-00000006/.",
            "../checkpoints/step-00000006",
            "step-00000006\nstep-00000003",
            "step-00000006\u0000",
            "step-000000000000000000000000006",
            "STEP-00000006",
            "step-6",
            "latest",
            "best",
            "step-00000006".repeat(1_000_000))) {
      damages.add(Damage.content(Damage.shortened(name), name));
    }
    damages.add(Damage.text("white space", text -> "\n " + text + "\r\n\n").isHarmless());
    damages.add(Damage.of("missing", Files::delete).naming("holds no run"));
    damages.add(
        Damage.of(
            "of a folder outside",
            latest -> {
              Path folder = latest.resolveSibling("step-00000006");
              Files.move(folder, latest.getParent().resolveSibling("step-00000006"));
            }));
    return damages;
  }

  /** Values that a key of {@code options.yaml} must not have; some need a line of their own. */
  private static final String[][] OPTIONS = {
    {
      "layers",
      "",
      "~",
      "null",
      "1.5",
      "true",
      "one",
      "-1",
      "0",
      "99999999999",
      "1e3",
      "[1]",
      "{a: 1}",
      "*a",
      "&a 1",
      "!!java.net.URL [x]",
      ".inf",
      "'a\n\n  b'",
      "\"\\e[31m\"",
      "'1' 2",
      "|\n  1\n  2",
      "1 # \u0000"
    },
    {"lr", ".nan", ".inf", "NaN", "-1", "1e999", "0,1", "[0.1]", "fast"},
    {"heads", "3", "0", "-2"},
    {"width", "17", "0", "2000000000"},
    {"context", "0", "2147483647", "-1"},
    {"batch", "0", "-1", "2147483647"},
    {"max-steps", "0", "2147483648"},
    {"warmup-steps", "6", "-1"},
    {"optimizer", "sophia", "''", "\"a\\nb\""},
    {"engine", "MXNet", "tensorflow"},
    {"task", "../text", "x"},
    {"preset", "../../presets/paper", "/etc/passwd", "\"a\\0b\""},
    {"threads", "-1", "1025", "2147483647"},
    {"dropout", "1", "-0.1"},
    {"data-sha256", "00"},
    {"seed", "9223372036854775808"},
  };

  static List<Damage> options(Random random) {
    List<Damage> damages = new ArrayList<>(Damage.ofAnyFile(random));
    for (String[] option : OPTIONS) {
      for (String value : Arrays.copyOfRange(option, 1, option.length)) {
        String key = option[0];
        Damage damage =
            Damage.text(
                "%s: %s".formatted(key, Damage.shortened(value)),
                text -> {
                  String line = key + ": " + value;
                  String other = text.replaceFirst("(?m)^" + key + ": .*$", "");
                  return other.strip() + "\n" + line + "\n";
                });
        // A flag or the preset may be at fault as well; the key tells.
        damages.add(damage.naming(Pattern.quote("options.yaml") + "|" + named(key)));
      }
    }
    String bomb = bomb();
    damages.addAll(
        List.of(
            Damage.text("aliases of aliases", text -> bomb + text),
            Damage.text("an alias", text -> text + "clip-norm: &a 1\nxi: *a\n"),
            Damage.text("a merge", text -> text + "<<: {xi: 1}\n"),
            Damage.text(
                "a key twice", text -> text + text.lines().findFirst().orElseThrow() + "\n"),
            Damage.text("an unknown key", text -> text + "learning-rat: 1\n"),
            Damage.text(
                "an unknown key of a megabyte",
                text -> text + "? " + "k".repeat(1 << 20) + "\n: 1\n"),
            Damage.text("an unknown key on two lines", text -> text + "\"a\\nb\\e[31m\": 1\n"),
            Damage.text("a key that is a list", text -> text + "? [a]\n: 1\n"),
            Damage.text("a key that is null", text -> text + "~: 1\n"),
            Damage.text("an empty key", text -> text + "'': 1\n"),
            Damage.text("a flag as a key", text -> text + "--resume: 1\n"),
            Damage.text("a help flag as a key", text -> text + "help: true\n"),
            Damage.text("two documents", text -> text + "---\n" + text),
            Damage.text("a directive", text -> "%YAML 9.9\n---\n" + text),
            Damage.text("a tab", text -> "\t" + text),
            Damage.text("an open quotation", text -> text + "data-dir: 'x\n"),
            Damage.text("an open list", text -> text + "data-dir: [x\n"),
            Damage.text("a zero character", text -> text + "xi: \u0000\n"),
            Damage.text("an escape character", text -> text + "xi: \u001b[31m\n"),
            Damage.text("two budgets", text -> text + "epochs: 2\n").naming("exclude each other"),
            Damage.text(
                "a file of arguments", text -> text + "data-dir: '@/etc/passwd'\nlayers2: 1\n"),
            Damage.text("an escape that ends with the file", text -> text + "xi: \"\\x"),
            Damage.text("an escape beyond Unicode", text -> text + "xi: \"\\U00110000\"\n"),
            Damage.content("a list", "- 1\n- 2\n"),
            Damage.content("a word", "word"),
            Damage.content("a comment only", "# nothing\n"),
            Damage.content("100,000 lists in each other", "[".repeat(100_000)),
            Damage.content("100,000 maps in each other", "{a: ".repeat(100_000)),
            Damage.content("2,000 indented keys", indented(2_000)),
            Damage.content("100,000 anchors", "&a ".repeat(100_000)),
            Damage.of("missing", Files::delete)));
    return damages;
  }

  /** What the refusal of a value calls the key. */
  private static String named(String key) {
    return switch (key) {
      case "lr" -> "learning rate";
      case "data-sha256" -> "text.txt";
      case "engine" -> "MXNet";
      default -> key.replace('-', '.');
    };
  }

  /**
   * What the configuration of a run does not survive, if its model and optimiser are to be read.
   */
  static List<Damage> configurations(Random random) {
    List<Damage> damages = new ArrayList<>(Damage.ofAnyFile(random));
    String[][] values = {
      {"layers", "2", "0", "1.5", "~", "[1]", "99999999999"},
      {"heads", "3", "0"},
      {"width", "32", "17", "2000000000"},
      {"context", "8", "0", "2147483647"},
      {"batch", "0", "x"},
      {"optimizer", "sophia", "\"a\\nb\\e[2J\""},
      {"task", "rosenbrock", "../text"},
      {"engine", "MXNet", "tensorflow"},
      {"lr", ".nan", "-1", "1e999"},
      {"tied-head", "1", "null"},
      {"warmup-steps", "6"},
      {"max-steps", "0", "many"},
      {"initialization", "zeros"},
      {"dropout", "2"},
      {"preset", "\"nano\\ud800gpt\""},
    };
    for (String[] key : values) {
      for (String value : Arrays.copyOfRange(key, 1, key.length)) {
        damages.add(option(key[0], key[0] + ": " + value + "\n"));
      }
    }
    for (String key :
        List.of(
            "layers",
            "heads",
            "width",
            "context",
            "batch",
            "optimizer",
            "dropout",
            "tied-head",
            "bias",
            "gelu",
            "layer-norm-eps",
            "initialization",
            "max-steps")) {
      damages.add(option(key, ""));
    }
    damages.addAll(
        List.of(
            Damage.text(
                "a key twice", text -> text + text.lines().findFirst().orElseThrow() + "\n"),
            Damage.text("aliases of aliases", text -> bomb() + text),
            Damage.text("an unknown key", text -> text + "learning-rat: 1\n"),
            Damage.of("missing", Files::delete),
            Damage.text("comments", text -> "# one\n" + text + "\n\n# two\n").isHarmless()));
    return damages;
  }

  /** Gives a key another line, or none; the model, the engine or the task may then be at fault. */
  private static Damage option(String key, String line) {
    return Damage.text(
            line.isEmpty() ? "no " + key : Damage.shortened(line.strip()),
            text -> text.replaceFirst("(?m)^" + key + ": .*\n", "") + line)
        .naming(
            "config\\.yaml|model\\.safetensors|tokenizer|MXNet|models of text|no task|trained on another|memory");
  }

  private static String bomb() {
    StringBuilder text = new StringBuilder("a0: &a0 [x]\n");
    for (int i = 1; i < 60; i++) {
      text.append("a%d: &a%d [*a%d,*a%d,*a%d]\n".formatted(i, i, i - 1, i - 1, i - 1));
    }
    return text.toString();
  }

  private static String indented(int depth) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < depth; i++) {
      text.append(" ".repeat(i)).append("a:\n");
    }
    return text.toString();
  }
}
