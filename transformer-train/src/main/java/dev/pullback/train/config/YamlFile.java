package dev.pullback.train.config;

import dev.pullback.train.InputException;
import dev.pullback.train.data.TextFiles;
import java.io.StringReader;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeId;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.Tag;
import org.yaml.snakeyaml.resolver.Resolver;

/**
 * A file of lines {@code key: value}: one document of plain values, each key once, without anchors,
 * tags or nulls. Values stay text; what they mean is the option table's business.
 *
 * @param file the file
 * @param values by key
 * @param lines where each key stands, from 1
 */
record YamlFile(Path file, Map<String, String> values, Map<String, Integer> lines) {

  /** More than all options in all ways to write them. */
  private static final int MOST_BYTES = 1 << 20;

  /**
   * Reads a file.
   *
   * @throws InputException if it is anything else; the message names the line and the key
   */
  static YamlFile read(Path file) {
    YamlFile read = new YamlFile(file, new LinkedHashMap<>(), new LinkedHashMap<>());
    try {
      Iterator<Node> documents =
          new Yaml(new LoaderOptions())
              .composeAll(new StringReader(TextFiles.read(file, MOST_BYTES)))
              .iterator();
      if (!documents.hasNext() || !(documents.next() instanceof MappingNode mapping)) {
        throw new InputException(file + ": expected lines of the form 'key: value'");
      }
      mapping.getValue().forEach(read::add);
      if (documents.hasNext()) {
        throw new InputException(file + " holds several documents; keep one");
      }
      return read;
    } catch (MarkedYAMLException e) {
      int line = e.getProblemMark() == null ? 1 : e.getProblemMark().getLine() + 1;
      throw new InputException("%s, line %d: %s".formatted(file, line, e.getProblem()), e);
    } catch (IllegalArgumentException e) {
      // What SnakeYAML throws where a file ends within an escape.
      throw new InputException(file + ": an escape such as \\x41 is not complete", e);
    } catch (YAMLException e) {
      throw new InputException(file + ": " + e.getMessage().lines().findFirst().orElse(""), e);
    }
  }

  private void add(NodeTuple pair) {
    int line = pair.getKeyNode().getStartMark().getLine() + 1;
    if (!(pair.getKeyNode() instanceof ScalarNode name)) {
      throw refusal(line, "", "expected 'key: value'");
    }
    String key = name.getValue();
    if (!(pair.getValueNode() instanceof ScalarNode value)) {
      throw refusal(line, key, "expected one value");
    }
    if (name.getAnchor() != null || value.getAnchor() != null) {
      throw refusal(line, key, "anchors and aliases are not known here");
    }
    if (value.getTag().equals(Tag.NULL)) {
      throw refusal(line, key, "there is no value; leave the key out instead");
    }
    if (!value.getTag().equals(untagged(value))) {
      throw refusal(line, key, "tags such as " + value.getTag() + " are not known here");
    }
    if (lines.putIfAbsent(key, line) != null) {
      throw refusal(line, key, "the key stands in line " + lines.get(key) + " already");
    }
    values.put(key, value.getValue());
  }

  /** Returns what a value is that has no tag of its own. */
  private static Tag untagged(ScalarNode value) {
    return new Resolver().resolve(NodeId.scalar, value.getValue(), value.isPlain());
  }

  private InputException refusal(int line, String key, String fault) {
    return new InputException(
        "%s, line %d%s: %s".formatted(file, line, key.isEmpty() ? "" : ", " + key, fault));
  }

  /** Names a key's place. */
  String where(String key) {
    return lines.containsKey(key) ? file + ", line " + lines.get(key) : file.toString();
  }
}
