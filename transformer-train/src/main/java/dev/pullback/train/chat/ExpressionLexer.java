package dev.pullback.train.chat;

import dev.pullback.train.PythonStrings;
import java.util.ArrayList;
import java.util.List;

/** Cuts what stands inside a tag into words, numbers, texts and signs. */
final class ExpressionLexer {

  /** What a token is. */
  enum Kind {
    NAME,
    NUMBER,
    TEXT,
    SIGN,
    END
  }

  /**
   * A token.
   *
   * @param kind what it is
   * @param text as it stands; of a text, what it means
   */
  record Token(Kind kind, String text) {}

  private static final List<String> SIGNS =
      List.of(
          "==", "!=", "<=", ">=", "//", "**", "+", "-", "*", "/", "%", "~", "<", ">", "=", "|", ".",
          ",", ":", "(", ")", "[", "]", "{", "}");

  private final String source;
  private int position;

  private ExpressionLexer(String source) {
    this.source = source;
  }

  /** Returns the tokens, the last of which is an end. */
  static List<Token> cut(String source) {
    ExpressionLexer lexer = new ExpressionLexer(source);
    List<Token> tokens = new ArrayList<>();
    for (Token token = lexer.next(); token.kind() != Kind.END; token = lexer.next()) {
      tokens.add(token);
    }
    tokens.add(new Token(Kind.END, "the end of a tag"));
    return tokens;
  }

  private Token next() {
    while (position < source.length() && PythonStrings.isSpace(source.charAt(position))) {
      position++;
    }
    if (position == source.length()) {
      return new Token(Kind.END, "");
    }
    char c = source.charAt(position);
    if (c == '\'' || c == '"') {
      return new Token(Kind.TEXT, text(c));
    }
    int from = position;
    if (c >= '0' && c <= '9') {
      skipDigits();
      if (position + 1 < source.length()
          && source.charAt(position) == '.'
          && Character.isDigit(source.charAt(position + 1))) {
        position++;
        skipDigits();
      }
      return new Token(Kind.NUMBER, source.substring(from, position));
    }
    if (Character.isLetter(c) || c == '_') {
      while (position < source.length()
          && (Character.isLetterOrDigit(source.charAt(position))
              || source.charAt(position) == '_')) {
        position++;
      }
      return new Token(Kind.NAME, source.substring(from, position));
    }
    for (String sign : SIGNS) {
      if (source.startsWith(sign, position)) {
        position += sign.length();
        return new Token(Kind.SIGN, sign);
      }
    }
    throw new TemplateException("'%c' is no sign of Jinja".formatted(c));
  }

  private void skipDigits() {
    while (position < source.length() && Character.isDigit(source.charAt(position))) {
      position++;
    }
  }

  /** Reads a text in quotation marks, with the escapes of Python. */
  private String text(char mark) {
    StringBuilder text = new StringBuilder();
    for (position++; position < source.length(); position++) {
      char c = source.charAt(position);
      if (c == mark) {
        position++;
        return text.toString();
      }
      if (c == '\\' && position + 1 < source.length()) {
        position++;
        escape(text, source.charAt(position));
      } else {
        text.append(c);
      }
    }
    throw new TemplateException("a text has no end");
  }

  private void escape(StringBuilder text, char c) {
    switch (c) {
      case 'n' -> text.append('\n');
      case 't' -> text.append('\t');
      case 'r' -> text.append('\r');
      case '\\', '\'', '"' -> text.append(c);
      case '\n' -> {} // the text goes on in the next line
      case 'x' -> code(text, 2);
      case 'u' -> code(text, 4);
      case 'U' -> code(text, 8);
      default -> throw Values.unsupported("the escape \\" + c);
    }
  }

  private void code(StringBuilder text, int digits) {
    int end = Math.min(source.length(), position + 1 + digits);
    String number = source.substring(position + 1, end);
    if (number.length() < digits || !number.matches("[0-9a-fA-F]+")) {
      throw new TemplateException("an escape has too few digits");
    }
    int code = Integer.parseUnsignedInt(number, 16);
    if (!Character.isValidCodePoint(code) || (code >= 0xD800 && code <= 0xDFFF)) {
      throw new TemplateException("the escape %s is no character".formatted(number));
    }
    text.appendCodePoint(code);
    position += digits;
  }
}
