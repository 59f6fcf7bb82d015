package dev.pullback.tokenizer;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;

/** A text file that is damaged step by step, so that it mostly stays near what it should be. */
public final class DamagedText {

  private static final String[] SNIPPETS = {
    "\"",
    "'",
    "{",
    "}",
    "[",
    "]",
    "(",
    ",",
    ":",
    ": ",
    "-",
    "- ",
    "? ",
    "| ",
    "> ",
    "&a ",
    "*a",
    "#",
    " #",
    "!",
    "!!int ",
    "%",
    "@",
    "`",
    "~",
    "null",
    "true",
    "NaN",
    ".inf",
    ".nan",
    "0",
    "-1",
    "1.5",
    "1e3",
    "1e999",
    "0x1F",
    "1_000",
    "9223372036854775807",
    "9223372036854775808",
    "4294967296",
    " ",
    "  ",
    "\t",
    "\n",
    "\r",
    "\r\n",
    "\n\n",
    "---\n",
    "...\n",
    "\0",
    "\u001b[31m",
    "\u0085",
    "\u2028",
    "\ufeff",
    "\ufffe",
    "\u00fc",
    "\u202e",
    "\ud83d\ude00",
    "\\",
    "\\n",
    "\\u0000",
    "\\ud800",
    "\\ud83d\\ude00",
    "{}",
    "[]",
    "\"\"",
    "{\"a\":",
    "[[[[[[[[",
    "/**/",
    "//",
    "<<: ",
    "\"x\":",
    "x: 1\n"
  };

  private final Random random;

  /**
   * Prepares.
   *
   * @param random chooses what happens
   */
  public DamagedText(Random random) {
    this.random = random;
  }

  /**
   * Damages a text a few times.
   *
   * @param text the text
   * @return what stands in the file then, perhaps no text any more
   */
  public byte[] of(String text) {
    StringBuilder changed = new StringBuilder(text);
    for (int i = random.nextInt(4); i > 0; i--) {
      change(changed);
    }
    byte[] bytes = changed.toString().getBytes(StandardCharsets.UTF_8);
    return random.nextInt(6) == 0 ? damaged(bytes) : bytes;
  }

  private void change(StringBuilder text) {
    int from = random.nextInt(text.length() + 1);
    int to = Math.min(text.length(), from + random.nextInt(random.nextBoolean() ? 3 : 20));
    String part = text.substring(from, to);
    switch (random.nextInt(6)) {
      case 0 -> text.delete(from, to);
      case 1 -> text.insert(random.nextInt(text.length() + 1), part);
      case 2 -> text.setLength(from);
      case 3 -> text.insert(from, Character.toString(random.nextInt(0x110000)));
      case 4 -> text.insert(from, snippet().repeat(random.nextInt(50) == 0 ? 3000 : 1));
      default -> text.replace(from, to, snippet());
    }
  }

  private String snippet() {
    return SNIPPETS[random.nextInt(SNIPPETS.length)];
  }

  private byte[] damaged(byte[] bytes) {
    if (bytes.length == 0 || random.nextInt(3) == 0) {
      return Arrays.copyOf(bytes, random.nextInt(bytes.length + 1));
    }
    bytes[random.nextInt(bytes.length)] = (byte) random.nextInt(256);
    return bytes;
  }

  /**
   * Tells whether a message fits a terminal.
   *
   * @param message the message
   * @return whether it is one line of a reasonable length that can be encoded
   */
  public static boolean isOneLine(String message) {
    return message.length() < 3000
        && message.chars().noneMatch(c -> Character.isISOControl(c) || c == 0x2028 || c == 0x2029)
        && StandardCharsets.UTF_8.newEncoder().canEncode(message);
  }
}
