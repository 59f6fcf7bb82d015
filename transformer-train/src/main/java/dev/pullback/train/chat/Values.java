package dev.pullback.train.chat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/**
 * The values of templates and what Python does with them: String, Long, Double, Boolean, {@link
 * #NONE}, List, Map, {@link Undefined} and {@link Callable}. What Python would refuse is refused,
 * and so is what is not known here.
 */
final class Values {

  /** Python's None. */
  static final Object NONE =
      new Object() {
        @Override
        public String toString() {
          return "None";
        }
      };

  /**
   * A name that has no value.
   *
   * @param name for messages
   */
  record Undefined(String name) {}

  /**
   * What {@code namespace()} returns: an object whose parts may be set.
   *
   * @param values the parts
   */
  record Namespace(Map<String, Object> values) {}

  /** A function. */
  @FunctionalInterface
  interface Callable {
    Object call(List<Object> arguments, Map<String, Object> named);
  }

  private Values() {}

  static TemplateException unsupported(String what) {
    return new TemplateException("it uses %s, which is not supported".formatted(what));
  }

  private static String type(Object value) {
    if (value instanceof Undefined undefined) {
      return "'%s', which is undefined".formatted(undefined.name());
    }
    return value instanceof String
        ? "a text"
        : value instanceof Number
            ? "a number"
            : value instanceof List ? "a list" : value instanceof Map ? "an object" : "" + value;
  }

  static boolean truth(Object value) {
    if (value instanceof Boolean flag) {
      return flag;
    }
    if (value instanceof Number number) {
      return number.doubleValue() != 0;
    }
    return !(value instanceof Undefined
        || value == NONE
        || value.equals("")
        || (value instanceof List<?> list && list.isEmpty())
        || (value instanceof Map<?, ?> map && map.isEmpty()));
  }

  /** Returns what is printed of a value. */
  static String text(Object value) {
    if (value instanceof Boolean flag) {
      return flag ? "True" : "False";
    }
    if (value instanceof Undefined) {
      return "";
    }
    if (value instanceof String || value instanceof Long || value == NONE) {
      return value.toString();
    }
    if (value instanceof Double number
        && (number == 0 || (Math.abs(number) >= 1e-3 && Math.abs(number) < 1e7))) {
      return number.toString(); // in these Java and Python write the same
    }
    throw unsupported("the text of " + type(value));
  }

  /** Returns a value that must be a text. */
  static String string(Object value) {
    if (value instanceof String text) {
      return text;
    }
    throw new TemplateException("%s stands where a text should be".formatted(type(value)));
  }

  static long integer(Object value) {
    if (value instanceof Long number) {
      return number;
    }
    if (value instanceof Boolean flag) {
      return flag ? 1 : 0;
    }
    throw new TemplateException("%s stands where a whole number should be".formatted(type(value)));
  }

  /** Returns what a loop goes over. */
  static List<Object> items(Object value) {
    if (value instanceof List<?> list) {
      return new ArrayList<>(list);
    }
    if (value instanceof Map<?, ?> map) {
      return new ArrayList<>(map.keySet());
    }
    if (value instanceof String text) {
      return new ArrayList<>(text.codePoints().mapToObj(Character::toString).toList());
    }
    if (value instanceof Undefined) {
      return List.of();
    }
    throw new TemplateException("%s is gone over as if it were a list".formatted(type(value)));
  }

  private static Object numeric(Object value) {
    return value instanceof Boolean flag ? (Object) (flag ? 1L : 0L) : value;
  }

  static boolean equal(Object left, Object right) {
    Object a = numeric(left);
    Object b = numeric(right);
    if (a instanceof Number x && b instanceof Number y) {
      return x.doubleValue() == y.doubleValue();
    }
    if (a instanceof Undefined && b instanceof Undefined) {
      return true;
    }
    return a.equals(b);
  }

  /** Compares numbers, or texts by their characters. */
  static int compare(Object left, Object right) {
    Object a = numeric(left);
    Object b = numeric(right);
    if (a instanceof Number x && b instanceof Number y) {
      return Double.compare(x.doubleValue(), y.doubleValue());
    }
    if (a instanceof String x && b instanceof String y) {
      int[] xs = x.codePoints().toArray();
      return Arrays.compare(xs, y.codePoints().toArray());
    }
    throw new TemplateException("%s is compared with %s".formatted(type(left), type(right)));
  }

  static boolean contains(Object container, Object item) {
    if (container instanceof String text) {
      return text.contains(string(item));
    }
    return items(container).stream().anyMatch(each -> equal(each, item));
  }

  static Object arithmetic(String operator, Object left, Object right) {
    Object a = numeric(left);
    Object b = numeric(right);
    if (a instanceof Long x && b instanceof Long y) {
      return wholeNumbers(operator, x, y);
    }
    if (a instanceof Number x && b instanceof Number y) {
      return switch (operator) {
        case "+" -> x.doubleValue() + y.doubleValue();
        case "-" -> x.doubleValue() - y.doubleValue();
        case "*" -> x.doubleValue() * y.doubleValue();
        case "/" -> divided(x.doubleValue(), y.doubleValue());
        default -> throw unsupported(operator + " of fractions");
      };
    }
    if (operator.equals("+") && a instanceof String x && b instanceof String y) {
      return x + y;
    }
    if (operator.equals("+") && a instanceof List<?> x && b instanceof List<?> y) {
      List<Object> joined = new ArrayList<>(x);
      joined.addAll(y);
      return joined;
    }
    throw new TemplateException(
        "it computes %s of %s and %s".formatted(operator, type(left), type(right)));
  }

  private static Object wholeNumbers(String operator, long x, long y) {
    try {
      return switch (operator) {
        case "+" -> Math.addExact(x, y);
        case "-" -> Math.subtractExact(x, y);
        case "*" -> Math.multiplyExact(x, y);
        case "/" -> divided((double) x, (double) y);
        case "//" -> Math.floorDiv(x, y);
        case "%" -> Math.floorMod(x, y);
        default -> throw unsupported(operator);
      };
    } catch (ArithmeticException e) {
      throw new TemplateException("it computes %d %s %d".formatted(x, operator, y));
    }
  }

  private static double divided(double x, double y) {
    if (y == 0) {
      throw new TemplateException("it divides by 0");
    }
    return x / y;
  }

  /** What {@code value[key]} is. */
  static Object element(Object value, Object key) {
    if (value instanceof Map<?, ?> map) {
      if (key instanceof Double || key instanceof Boolean) {
        throw unsupported("a key that is " + type(key)); // Python takes 1.0 and True for 1
      }
      Object found = map.get(key);
      return found == null ? new Undefined(String.valueOf(key)) : found;
    }
    if ((value instanceof List || value instanceof String) && key instanceof Long index) {
      List<Object> items = items(value);
      long at = index < 0 ? index + items.size() : index;
      return at < 0 || at >= items.size() ? new Undefined("element " + key) : items.get((int) at);
    }
    throw new TemplateException("it asks %s for [%s]".formatted(type(value), type(key)));
  }

  /** What {@code value.name} is. */
  static Object attribute(Object value, String name) {
    if (value instanceof String text) {
      return Builtins.method(text, name);
    }
    if (value instanceof Map<?, ?> map) {
      Callable method = Builtins.method(map, name);
      return method == null ? element(map, name) : method;
    }
    if (value instanceof Namespace namespace) {
      return element(namespace.values(), name);
    }
    throw new TemplateException("it asks %s for .%s".formatted(type(value), name));
  }

  /** What {@code value[from:to:step]} is; null for what is left out. */
  static Object slice(Object value, Long from, Long to, Long step) {
    if (!(value instanceof List || value instanceof String)) {
      throw new TemplateException("it takes a part of " + type(value));
    }
    List<Object> items = items(value);
    long by = step == null ? 1 : step;
    if (by == 0) {
      throw new TemplateException("it takes a part by steps of 0");
    }
    int size = items.size();
    by = Math.max(-size - 1L, Math.min(size + 1L, by)); // no sum of it overflows
    long least = by > 0 ? 0 : -1;
    long most = by > 0 ? size : size - 1;
    long begin = from == null ? (by > 0 ? least : most) : clamp(from, size, least, most);
    long end = to == null ? (by > 0 ? most : least) : clamp(to, size, least, most);
    List<Object> part = new ArrayList<>();
    for (long i = begin; by > 0 ? i < end : i > end; i += by) {
      part.add(items.get((int) i));
    }
    return value instanceof String
        ? String.join("", part.stream().map(Object::toString).toList())
        : part;
  }

  private static long clamp(long index, int size, long least, long most) {
    return Math.max(least, Math.min(most, index < 0 ? index + size : index));
  }
}
