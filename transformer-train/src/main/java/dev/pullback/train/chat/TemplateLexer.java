package dev.pullback.train.chat;

import dev.pullback.train.PythonStrings;
import java.util.ArrayList;
import java.util.List;

/**
 * Cuts a template into text and tags as Jinja does with {@code trim_blocks} and {@code
 * lstrip_blocks}: a line feed behind a statement goes, and so does the white space before a
 * statement that begins its line. The template's last line feed goes as well.
 */
final class TemplateLexer {

  /** What a part of a template is. */
  enum Kind {
    TEXT,
    EXPRESSION,
    STATEMENT
  }

  /**
   * A part of a template.
   *
   * @param kind what it is
   * @param content the text, or what stands inside the tag
   * @param line where it begins, from 1
   */
  record Part(Kind kind, String content, int line) {}

  private final String source;
  private final List<Part> parts = new ArrayList<>();
  private int position;
  private int line = 1;
  private boolean lineStarting = true;

  private TemplateLexer(String source) {
    this.source = source;
  }

  /** Cuts a template. */
  static List<Part> cut(String template) {
    String source = template.replace("\r\n", "\n").replace('\r', '\n');
    if (source.endsWith("\n")) {
      source = source.substring(0, source.length() - 1);
    }
    TemplateLexer lexer = new TemplateLexer(source);
    while (lexer.position < source.length()) {
      lexer.step();
    }
    return lexer.parts;
  }

  /** Takes the text up to a tag, and the tag. */
  private void step() {
    int begin = nextTag();
    String text = source.substring(position, begin);
    if (begin == source.length()) {
      add(Kind.TEXT, text);
      position = begin;
      return;
    }
    char type = source.charAt(begin + 1);
    int inner = begin + 2;
    char sign = inner < source.length() ? source.charAt(inner) : ' ';
    if (sign == '-' || sign == '+') {
      inner++;
    }
    if (sign == '-') {
      add(Kind.TEXT, PythonStrings.stripRight(text));
    } else {
      add(Kind.TEXT, sign == '+' || type == '{' ? text : withoutIndentation(text));
    }
    line += (int) text.chars().filter(c -> c == '\n').count();
    String close = type == '{' ? "}}" : type == '%' ? "%}" : "#}";
    int end = type == '#' ? source.indexOf(close, inner) : end(inner, close);
    if (end < 0) {
      throw new TemplateException("line %d: a tag has no %s".formatted(line, close));
    }
    char before = end > inner ? source.charAt(end - 1) : ' ';
    boolean controlled = before == '-' || (before == '+' && type != '{');
    String content = source.substring(inner, controlled ? end - 1 : end);
    if (type != '#') {
      add(type == '{' ? Kind.EXPRESSION : Kind.STATEMENT, content);
    }
    int after = end + 2;
    if (before == '-') {
      while (after < source.length() && PythonStrings.isSpace(source.charAt(after))) {
        after++;
      }
    } else if (!controlled && type != '{' && source.startsWith("\n", after)) {
      after++;
    }
    line += (int) source.substring(begin, after).chars().filter(c -> c == '\n').count();
    lineStarting = source.charAt(after - 1) == '\n';
    position = after;
  }

  private int nextTag() {
    for (int i = position; i < source.length() - 1; i++) {
      if (source.charAt(i) == '{' && "{%#".indexOf(source.charAt(i + 1)) >= 0) {
        return i;
      }
    }
    return source.length();
  }

  /** Returns where a tag closes, which is not within a string, nor within brackets. */
  private int end(int from, String close) {
    int open = 0;
    for (int i = from; i < source.length(); i++) {
      char c = source.charAt(i);
      if (c == '\'' || c == '"') {
        for (i++; i < source.length() && source.charAt(i) != c; i++) {
          if (source.charAt(i) == '\\') {
            i++;
          }
        }
      } else if (open == 0 && source.startsWith(close, i)) {
        return i;
      } else if ("([{".indexOf(c) >= 0) {
        open++;
      } else if (")]}".indexOf(c) >= 0) {
        open--;
      }
    }
    return -1;
  }

  private String withoutIndentation(String text) {
    int begin = text.lastIndexOf('\n') + 1;
    boolean blank = text.substring(begin).chars().allMatch(PythonStrings::isSpace);
    return blank && (begin > 0 || lineStarting) ? text.substring(0, begin) : text;
  }

  private void add(Kind kind, String content) {
    if (kind != Kind.TEXT || !content.isEmpty()) {
      parts.add(new Part(kind, content, line));
    }
  }
}
