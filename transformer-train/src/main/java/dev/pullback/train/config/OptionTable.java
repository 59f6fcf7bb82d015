package dev.pullback.train.config;

import dev.pullback.train.InputException;
import java.lang.reflect.Field;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;

/**
 * The options of a run as keys and values in the order of {@link RunOptions}. Flags, files and
 * trials are all read by the parser of the command line, so that none of them is more lenient.
 */
public final class OptionTable {

  private static final String PREFIX = "--";
  private static final Map<String, Entry> ENTRIES = findEntries();

  private OptionTable() {}

  /**
   * An option.
   *
   * @param key its name without dashes
   * @param spec as the command line knows it
   * @param setting where it belongs
   */
  public record Entry(String key, OptionSpec spec, Setting setting) {}

  /**
   * Lists all options.
   *
   * @return in their order
   */
  public static List<Entry> entries() {
    return List.copyOf(ENTRIES.values());
  }

  /** Tells whether there is an option of that name and topic. */
  static boolean isOf(Topic topic, String key) {
    Entry entry = ENTRIES.get(key);
    return entry != null && entry.setting().value() == topic;
  }

  private static Map<String, Entry> findEntries() {
    Map<String, Entry> entries = new LinkedHashMap<>();
    for (OptionSpec option : CommandSpec.forAnnotatedObject(new RunOptions()).options()) {
      Setting setting = ((Field) option.userObject()).getAnnotation(Setting.class);
      if (setting != null) {
        entries.put(key(option), new Entry(key(option), option, setting));
      }
    }
    return entries;
  }

  /**
   * Returns what was said.
   *
   * @param options some options
   * @return values by key, as they can be parsed again
   */
  public static Map<String, String> said(RunOptions options) {
    Map<String, String> said = new LinkedHashMap<>();
    for (Entry entry : ENTRIES.values()) {
      Object value = value(options, entry);
      if (value != null) {
        said.put(entry.key(), text(value));
      }
    }
    return said;
  }

  private static Object value(RunOptions options, Entry entry) {
    try {
      return ((Field) entry.spec().userObject()).get(options);
    } catch (IllegalAccessException e) {
      throw new IllegalStateException("option " + entry.key() + " is not public", e);
    }
  }

  private static String text(Object value) {
    return value instanceof Enum<?> name && !(value instanceof TrainingEngine)
        ? name.name().toLowerCase(Locale.ROOT)
        : value.toString();
  }

  /**
   * Parses values as the command line does.
   *
   * @param values by key
   * @param where names a key and its place for messages
   * @return the options
   * @throws InputException if a key is unknown or a value is none of its option's
   */
  static RunOptions parse(Map<String, String> values, UnaryOperator<String> where) {
    RunOptions options = new RunOptions();
    CommandLine parser = new CommandLine(CommandSpec.forAnnotatedObject(options));
    parser.setCaseInsensitiveEnumValuesAllowed(true);
    values.forEach(
        (key, value) -> {
          if (!ENTRIES.containsKey(key)) {
            throw new InputException(
                "%s: unknown key '%s'; the keys are %s"
                    .formatted(
                        where.apply(key),
                        key,
                        ENTRIES.keySet().stream().sorted().collect(Collectors.joining(", "))));
          }
          if (value.codePoints().anyMatch(OptionTable::cannotBeWrittenDown)) {
            throw new InputException(
                "%s: %s holds a line break, another control character, or half a character"
                    .formatted(where.apply(key), key));
          }
          if (value.isBlank()) {
            throw new InputException(
                "%s: %s has no value; leave the key out instead".formatted(where.apply(key), key));
          }
        });
    String[] arguments =
        values.entrySet().stream()
            .map(entry -> PREFIX + entry.getKey() + "=" + entry.getValue())
            .toArray(String[]::new);
    try {
      parser.parseArgs(arguments);
      return options;
    } catch (ParameterException e) {
      String key = e.getArgSpec() instanceof OptionSpec option ? key(option) : "";
      throw new InputException(where.apply(key) + ": " + firstLine(e), e);
    }
  }

  /** Configurations are written as YAML, which does not give all of these back as they were. */
  private static boolean cannotBeWrittenDown(int character) {
    return switch (Character.getType(character)) {
      case Character.CONTROL,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR,
          Character.SURROGATE,
          Character.UNASSIGNED ->
          true;
      default -> false;
    };
  }

  private static String key(OptionSpec option) {
    return option.longestName().substring(PREFIX.length());
  }

  private static String firstLine(Exception e) {
    return e.getMessage().lines().findFirst().orElse("not valid");
  }
}
