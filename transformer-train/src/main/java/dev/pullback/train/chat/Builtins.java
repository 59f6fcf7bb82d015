package dev.pullback.train.chat;

import dev.pullback.train.PythonStrings;
import dev.pullback.train.chat.Values.Callable;
import dev.pullback.train.chat.Values.Undefined;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.IntPredicate;
import java.util.stream.Collectors;
import java.util.stream.LongStream;

/** The filters, tests, methods and functions that templates may use. */
final class Builtins {

  /** As in Jinja's sandbox. */
  private static final long LONGEST_RANGE = 100_000;

  private static final Map<Character, String> DATES =
      Map.of(
          'd', "dd", 'm', "MM", 'Y', "yyyy", 'y', "yy", 'b', "MMM", 'B', "MMMM", 'A', "EEEE", 'H',
          "HH", 'M', "mm", 'S', "ss");

  private Builtins() {}

  /** Returns the functions, by name. */
  static Map<String, Object> functions(LocalDateTime now) {
    Callable raise =
        (arguments, named) -> {
          throw new TemplateException(Values.text(only(arguments, "raise_exception")));
        };
    Callable namespace =
        (arguments, named) -> {
          if (!arguments.isEmpty()) {
            throw Values.unsupported("namespace with values that have no names");
          }
          return new Values.Namespace(new HashMap<>(named));
        };
    Callable range = (arguments, named) -> range(arguments);
    Callable date = (arguments, named) -> date(Values.string(only(arguments, "strftime_now")), now);
    Map<String, Object> functions = new HashMap<>();
    functions.put("raise_exception", raise);
    functions.put("namespace", namespace);
    functions.put("range", range);
    functions.put("strftime_now", date);
    for (String name : List.of("dict", "lipsum", "cycler", "joiner")) {
      Callable other =
          (arguments, named) -> {
            throw Values.unsupported(name);
          };
      functions.put(name, other);
    }
    return functions;
  }

  private static Object only(List<Object> arguments, String name) {
    if (arguments.size() != 1) {
      throw Values.unsupported("%s with %d arguments".formatted(name, arguments.size()));
    }
    return arguments.get(0);
  }

  private static Object range(List<Object> arguments) {
    if (arguments.isEmpty() || arguments.size() > 2) {
      throw Values.unsupported("range with %d arguments".formatted(arguments.size()));
    }
    long from = arguments.size() == 1 ? 0 : Values.integer(arguments.get(0));
    long to = Values.integer(arguments.get(arguments.size() - 1));
    if (to > from && Long.compareUnsigned(to - from, LONGEST_RANGE) > 0) {
      throw new TemplateException("a range is longer than " + LONGEST_RANGE);
    }
    return LongStream.range(from, to).boxed().collect(Collectors.<Object>toList());
  }

  private static String date(String format, LocalDateTime now) {
    StringBuilder date = new StringBuilder();
    int i = 0;
    while (i < format.length()) {
      char c = format.charAt(i++);
      if (c != '%') {
        date.append(c);
        continue;
      }
      String pattern = i < format.length() ? DATES.get(format.charAt(i++)) : null;
      if (pattern == null) {
        throw Values.unsupported("the date format " + format);
      }
      date.append(now.format(DateTimeFormatter.ofPattern(pattern, Locale.ENGLISH)));
    }
    return date.toString();
  }

  /** Returns a method of a text. */
  static Callable method(String text, String name) {
    return switch (name) {
      case "strip", "lstrip", "rstrip" ->
          (arguments, named) ->
              PythonStrings.strip(
                  text, away(arguments, named), !name.equals("rstrip"), !name.equals("lstrip"));
      case "split" ->
          (arguments, named) -> {
            if (arguments.isEmpty() || arguments.size() > 2 || !named.isEmpty()) {
              throw Values.unsupported("split with other arguments than a text and a number");
            }
            return PythonStrings.split(
                text,
                notEmpty(arguments.get(0)),
                arguments.size() == 2 ? Values.integer(arguments.get(1)) : -1);
          };
      case "startswith" -> (arguments, named) -> text.startsWith(string(arguments, name));
      case "endswith" -> (arguments, named) -> text.endsWith(string(arguments, name));
      case "upper" -> (arguments, named) -> text.toUpperCase(Locale.ROOT);
      case "lower" -> (arguments, named) -> text.toLowerCase(Locale.ROOT);
      case "capitalize" -> (arguments, named) -> PythonStrings.capitalize(text);
      case "replace" -> (arguments, named) -> replaced(text, arguments, named);
      default -> throw Values.unsupported("." + name + " of a text");
    };
  }

  private static String notEmpty(Object separator) {
    if (Values.string(separator).isEmpty()) {
      throw new TemplateException("it splits at an empty text");
    }
    return (String) separator;
  }

  private static String string(List<Object> arguments, String name) {
    return Values.string(only(arguments, name));
  }

  private static IntPredicate away(List<Object> arguments, Map<String, Object> named) {
    if (arguments.isEmpty() && named.isEmpty()) {
      return PythonStrings::isSpace;
    }
    String set = string(arguments, "strip");
    return c -> set.indexOf(c) >= 0;
  }

  private static String replaced(String text, List<Object> arguments, Map<String, Object> named) {
    if (arguments.size() != 2 || !named.isEmpty()) {
      throw Values.unsupported("replace with %d arguments".formatted(arguments.size()));
    }
    return text.replace(Values.string(arguments.get(0)), Values.string(arguments.get(1)));
  }

  /** Returns a method of an object, or null. */
  static Callable method(Map<?, ?> map, String name) {
    return switch (name) {
      case "items" -> (arguments, named) -> pairs(map);
      case "keys" -> (arguments, named) -> new ArrayList<Object>(map.keySet());
      case "values" -> (arguments, named) -> new ArrayList<Object>(map.values());
      case "get" ->
          (arguments, named) -> {
            if (arguments.isEmpty() || arguments.size() > 2) {
              throw Values.unsupported("get with %d arguments".formatted(arguments.size()));
            }
            Object found = map.get(arguments.get(0));
            return found != null ? found : arguments.size() == 2 ? arguments.get(1) : Values.NONE;
          };
      default -> null;
    };
  }

  private static List<Object> pairs(Map<?, ?> map) {
    List<Object> pairs = new ArrayList<>();
    map.forEach((key, value) -> pairs.add(List.of(key, value)));
    return pairs;
  }

  /** Applies a filter. */
  static Object filter(
      String name, Object value, List<Object> arguments, Map<String, Object> named) {
    return switch (name) {
      case "default", "d" -> {
        if (arguments.size() > 2 || !Set.of("boolean").containsAll(named.keySet())) {
          throw Values.unsupported("the filter default with these arguments");
        }
        boolean any =
            arguments.size() > 1
                ? Values.truth(arguments.get(1))
                : Values.truth(named.getOrDefault("boolean", false));
        boolean missing = value instanceof Undefined || (any && !Values.truth(value));
        yield !missing ? value : arguments.isEmpty() ? "" : arguments.get(0);
      }
      case "replace" -> replaced(Values.text(value), arguments, named);
      case "join" -> {
        String between = arguments.isEmpty() ? "" : string(arguments, name);
        requireNone(name, List.of(), named);
        yield Values.items(value).stream().map(Values::text).collect(Collectors.joining(between));
      }
      default -> {
        requireNone(name, arguments, named);
        yield filter(name, value);
      }
    };
  }

  private static void requireNone(String name, List<Object> arguments, Map<String, Object> named) {
    if (!arguments.isEmpty() || !named.isEmpty()) {
      throw Values.unsupported("the filter %s with arguments".formatted(name));
    }
  }

  private static Object filter(String name, Object value) {
    return switch (name) {
      case "trim" -> PythonStrings.strip(Values.text(value));
      case "length", "count" -> (long) Values.items(value).size();
      case "upper" -> Values.text(value).toUpperCase(Locale.ROOT);
      case "lower" -> Values.text(value).toLowerCase(Locale.ROOT);
      case "capitalize" -> PythonStrings.capitalize(Values.text(value));
      case "string" -> Values.text(value);
      case "list" -> Values.items(value);
      case "first", "last" -> {
        List<Object> items = Values.items(value);
        yield items.isEmpty()
            ? new Undefined("the " + name + " of nothing")
            : items.get(name.equals("first") ? 0 : items.size() - 1);
      }
      case "items" -> {
        if (value instanceof Map<?, ?> map) {
          yield pairs(map);
        }
        throw new TemplateException("it takes the items of what is no object");
      }
      default -> throw Values.unsupported("the filter " + name);
    };
  }

  /** Applies a test. */
  static boolean test(String name, Object value, List<Object> arguments) {
    return switch (name) {
      case "defined" -> !(value instanceof Undefined);
      case "undefined" -> value instanceof Undefined;
      case "none" -> value == Values.NONE;
      case "string" -> value instanceof String;
      case "mapping" -> value instanceof Map;
      case "iterable", "sequence" ->
          value instanceof List
              || value instanceof Map
              || value instanceof String
              || value instanceof Undefined;
      case "number" -> value instanceof Number || value instanceof Boolean;
      case "integer" -> value instanceof Long;
      case "boolean" -> value instanceof Boolean;
      case "true" -> Boolean.TRUE.equals(value);
      case "false" -> Boolean.FALSE.equals(value);
      case "equalto", "eq" -> Values.equal(value, only(arguments, name));
      case "in" -> Values.contains(only(arguments, name), value);
      default -> throw Values.unsupported("the test " + name);
    };
  }
}
