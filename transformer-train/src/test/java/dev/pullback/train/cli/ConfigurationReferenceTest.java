package dev.pullback.train.cli;

import static org.junit.jupiter.api.Assertions.assertIterableEquals;

import dev.pullback.optim.OptimizerSpec;
import dev.pullback.optim.Optimizers;
import dev.pullback.train.config.OptionTable;
import dev.pullback.train.config.Presets;
import dev.pullback.train.config.RunConfig;
import dev.pullback.train.config.RunOptions;
import dev.pullback.train.config.Topic;
import java.io.IOException;
import java.math.BigDecimal;
import java.math.MathContext;
import java.nio.file.Files;
import java.nio.file.Path;
import java.text.DecimalFormat;
import java.text.DecimalFormatSymbols;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/**
 * Holds the tables of {@code docs/configuration.md} to the options; {@code -Dpullback.write=true}
 * writes them.
 */
class ConfigurationReferenceTest {

  private static final Path PAGE =
      Path.of(System.getProperty("pullback.root", ".."), "docs", "configuration.md");
  private static final String BEGIN = "<!-- ConfigurationReferenceTest writes from here -->\n";
  private static final String END = "<!-- to here -->\n";

  /** The presets whose values are shown option by option. */
  private static final List<String> SHOWN = List.of(Presets.DEFAULT, "paper");

  @Test
  void thePageSaysWhatTheOptionsSay() throws IOException {
    String page = Files.readString(PAGE);
    int begin = page.indexOf(BEGIN) + BEGIN.length();
    String expected = page.substring(0, begin) + tables() + page.substring(page.indexOf(END));
    if (Boolean.getBoolean("pullback.write")) {
      Files.writeString(PAGE, expected);
    }
    assertIterableEquals(
        expected.lines().toList(),
        Files.readAllLines(PAGE),
        PAGE
            + " is out of date; write it with: ./mvnw test -pl transformer-train -am"
            + " -Dtest=ConfigurationReferenceTest -Dsurefire.failIfNoSpecifiedTests=false"
            + " -Dpullback.write=true\n");
  }

  private static String tables() {
    // As --help knows the options, with the names from the registries.
    CommandSpec train = Main.commandLine().getSubcommands().get("train").getCommandSpec();
    List<Map<String, String>> presets =
        SHOWN.stream().map(preset -> config(preset, null).values()).toList();
    StringBuilder text = new StringBuilder();
    for (Topic topic : Topic.values()) {
      List<List<String>> rows = new ArrayList<>();
      for (OptionTable.Entry entry : OptionTable.entries()) {
        if (entry.setting().value() == topic) {
          rows.add(row(entry, train.findOption("--" + entry.key()), presets));
        }
      }
      table(text, topic.title(), List.of("key", "values", "what", "at `--resume`"), rows);
    }
    List<List<String>> optimizers = Optimizers.all().stream().map(spec -> row(spec)).toList();
    table(text, "Hyperparameters", List.of("optimiser", "default"), optimizers);
    return text.append('\n').toString();
  }

  private static List<String> row(
      OptionTable.Entry entry, OptionSpec spec, List<Map<String, String>> presets) {
    List<String> cells =
        new ArrayList<>(
            List.of(
                code(entry.key()),
                values(spec.type()),
                String.join(" ", spec.description()).replace("|", "\\|"),
                entry.setting().resumable() ? "may change" : "stays"));
    for (Map<String, String> preset : presets) {
      String value = preset.get(entry.key());
      cells.add(value == null ? "" : spec.type() == Double.class ? number(value) : value);
    }
    return cells;
  }

  private static String values(Class<?> type) {
    if (type.isEnum()) {
      return Stream.of(type.getEnumConstants())
          .map(value -> (Enum<?>) value)
          .map(value -> value.toString().equals(value.name()) ? lower(value) : value.toString())
          .map(ConfigurationReferenceTest::code)
          .collect(Collectors.joining(", "));
    }
    if (type == Boolean.class) {
      return code("true") + ", " + code("false");
    }
    if (type == Double.class) {
      return "number";
    }
    return type == Integer.class || type == Long.class ? "whole number" : "text";
  }

  private static List<String> row(OptimizerSpec spec) {
    Map<String, Double> defaults = new TreeMap<>(spec.defaults());
    defaults.put("lr", spec.learningRate());
    defaults.put("weight_decay", 0.0);
    List<String> cells = new ArrayList<>(List.of(code(spec.name()), words(defaults)));
    for (String preset : SHOWN) {
      cells.add(words(config(preset, spec.name()).complete()));
    }
    return cells;
  }

  private static RunConfig config(String preset, String optimizer) {
    RunOptions options = new RunOptions();
    options.preset = preset;
    options.optimizer = optimizer;
    return RunConfig.resolve(null, options);
  }

  private static String words(Map<String, Double> hyperparameters) {
    return hyperparameters.entrySet().stream()
        .map(entry -> entry.getKey().replace('_', '-') + " " + number("" + entry.getValue()))
        .collect(Collectors.joining(", "));
  }

  private static String lower(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }

  private static String number(String value) {
    BigDecimal number = new BigDecimal(value);
    boolean small = number.signum() != 0 && number.abs().compareTo(new BigDecimal("0.001")) < 0;
    return small
        ? new DecimalFormat("0.###E0", DecimalFormatSymbols.getInstance(Locale.ROOT))
            .format(number)
            .replace('E', 'e')
        : number.round(new MathContext(4)).stripTrailingZeros().toPlainString();
  }

  private static String code(String text) {
    return "`" + text + "`";
  }

  /** Appends a table, with a further column for each preset that is shown. */
  private static void table(
      StringBuilder text, String title, List<String> columns, List<List<String>> rows) {
    List<String> all = new ArrayList<>(columns);
    SHOWN.forEach(preset -> all.add(code(preset)));
    text.append("\n### ").append(title).append("\n\n");
    line(text, all);
    line(text, Collections.nCopies(all.size(), "---"));
    rows.forEach(row -> line(text, row));
  }

  private static void line(StringBuilder text, List<String> cells) {
    text.append("| ").append(String.join(" | ", cells)).append(" |\n");
  }
}
