package dev.pullback.train.config;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A file of lines {@code key: value}: plain values, each key once. Values stay text; what they mean
 * is the option table's business.
 *
 * @param file the file
 * @param values by key
 * @param lines where each key stands, from 1
 */
record YamlFile(Path file, Map<String, String> values, Map<String, Integer> lines) {

  /**
   * Reads a file.
   *
   * @throws dev.pullback.train.InputException if it is anything else; the message names the line
   *     and the key
   */
  static YamlFile read(Path file) {
    YamlFile read = new YamlFile(file, new LinkedHashMap<>(), new LinkedHashMap<>());
    YamlNode.read(file)
        .map()
        .forEach(
            (key, value) -> {
              read.values.put(key, value.text());
              read.lines.put(key, value.line());
            });
    return read;
  }

  /** Names a key's place. */
  String where(String key) {
    return lines.containsKey(key) ? file + ", line " + lines.get(key) : file.toString();
  }
}
