package dev.pullback.train.chat;

import java.util.HashMap;
import java.util.Map;

/** The variables of a part of a template, and of the parts around it. */
final class Scope {

  /** More would hardly be a conversation. */
  private static final int LONGEST_OUTPUT = 1 << 24;

  private final Scope around;
  private final StringBuilder out;
  private final Map<String, Object> variables = new HashMap<>();

  private Scope(Scope around, StringBuilder out) {
    this.around = around;
    this.out = out;
  }

  /** The outermost scope, with what is known from the beginning. */
  static Scope of(Map<String, Object> variables) {
    Scope scope = new Scope(null, new StringBuilder());
    scope.variables.putAll(variables);
    return scope;
  }

  /** A scope inside this one, which writes to the same place. */
  Scope inner() {
    return new Scope(this, out);
  }

  /** A scope inside this one, which writes to another place. */
  Scope captured() {
    return new Scope(this, new StringBuilder());
  }

  Object get(String name) {
    for (Scope scope = this; scope != null; scope = scope.around) {
      Object value = scope.variables.get(name);
      if (value != null) {
        return value;
      }
    }
    return new Values.Undefined(name);
  }

  void set(String name, Object value) {
    variables.put(name, value);
  }

  void write(String text) {
    if (out.length() + text.length() > LONGEST_OUTPUT) {
      throw new TemplateException("it writes more than %d characters".formatted(LONGEST_OUTPUT));
    }
    out.append(text);
  }

  /** Returns what was written. */
  String text() {
    return out.toString();
  }
}
