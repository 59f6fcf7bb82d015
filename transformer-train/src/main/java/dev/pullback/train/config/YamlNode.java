package dev.pullback.train.config;

import dev.pullback.train.InputException;
import dev.pullback.train.data.TextFiles;
import java.io.StringReader;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
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
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;
import org.yaml.snakeyaml.resolver.Resolver;

/**
 * A strictly read YAML file, or a part of one: a value, a list or a mapping, each key once, without
 * anchors, tags or nulls. Values stay text; what they mean is the reader's business.
 */
public final class YamlNode {

  /** More than all options in all ways to write them. */
  private static final int MOST_BYTES = 1 << 20;

  private final Path file;
  private final int line;
  private final String key;
  private final Node node;

  private YamlNode(Path file, int line, String key, Node node) {
    this.file = file;
    this.line = line;
    this.key = key;
    this.node = node;
  }

  /**
   * Reads a file.
   *
   * @param file one document, a mapping
   * @return its mapping
   * @throws InputException if it is anything else; the message names the line
   */
  public static YamlNode read(Path file) {
    try {
      Iterator<Node> documents =
          new Yaml(new LoaderOptions())
              .composeAll(new StringReader(TextFiles.read(file, MOST_BYTES)))
              .iterator();
      if (!documents.hasNext() || !(documents.next() instanceof MappingNode mapping)) {
        throw new InputException(file + ": expected lines of the form 'key: value'");
      }
      YamlNode read = new YamlNode(file, 1, "", mapping);
      read.check();
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

  /** Refuses what is not plain, here and below. */
  private void check() {
    if (node.getAnchor() != null) {
      throw refusal("anchors and aliases are not known here");
    }
    if (node.getTag().equals(Tag.NULL)) {
      throw refusal("there is no value; leave the key out instead");
    }
    if (!node.getTag().equals(untagged())) {
      throw refusal("tags such as " + node.getTag() + " are not known here");
    }
    if (node instanceof MappingNode) {
      map().values().forEach(YamlNode::check);
    } else if (node instanceof SequenceNode) {
      list().forEach(YamlNode::check);
    }
  }

  /** Returns what the node is if it has no tag of its own. */
  private Tag untagged() {
    return node instanceof ScalarNode value
        ? new Resolver().resolve(NodeId.scalar, value.getValue(), value.isPlain())
        : node instanceof MappingNode ? Tag.MAP : Tag.SEQ;
  }

  /**
   * Returns the file.
   *
   * @return the path that was read
   */
  public Path file() {
    return file;
  }

  /**
   * Returns the line of the key.
   *
   * @return from 1
   */
  public int line() {
    return line;
  }

  /**
   * Says where the node stands.
   *
   * @return the file and the line
   */
  public String place() {
    return "%s, line %d".formatted(file, line);
  }

  /** Tells whether the value is a list. */
  public boolean isList() {
    return node instanceof SequenceNode;
  }

  /**
   * Returns the value.
   *
   * @return its text
   * @throws InputException if it is a list or a mapping
   */
  public String text() {
    if (node instanceof ScalarNode value) {
      return value.getValue();
    }
    throw refusal("expected one value");
  }

  /**
   * Returns the items.
   *
   * @return in their order
   * @throws InputException if it is no list
   */
  public List<YamlNode> list() {
    if (!(node instanceof SequenceNode sequence)) {
      throw refusal("expected a list, [a, b]");
    }
    List<YamlNode> items = new ArrayList<>();
    for (Node item : sequence.getValue()) {
      items.add(new YamlNode(file, item.getStartMark().getLine() + 1, key, item));
    }
    return items;
  }

  /**
   * Returns the values by key.
   *
   * @return in their order
   * @throws InputException if it is no mapping, or a key comes twice
   */
  public Map<String, YamlNode> map() {
    if (!(node instanceof MappingNode mapping)) {
      throw refusal("expected lines of the form 'key: value'");
    }
    Map<String, YamlNode> values = new LinkedHashMap<>();
    for (NodeTuple pair : mapping.getValue()) {
      int at = pair.getKeyNode().getStartMark().getLine() + 1;
      if (!(pair.getKeyNode() instanceof ScalarNode name)) {
        throw new YamlNode(file, at, "", mapping).refusal("expected 'key: value'");
      }
      String path = key.isEmpty() ? name.getValue() : key + "." + name.getValue();
      YamlNode value = new YamlNode(file, at, path, pair.getValueNode());
      if (name.getAnchor() != null) {
        throw value.refusal("anchors and aliases are not known here");
      }
      YamlNode earlier = values.putIfAbsent(name.getValue(), value);
      if (earlier != null) {
        throw value.refusal("the key stands in line " + earlier.line + " already");
      }
    }
    return values;
  }

  /**
   * Refuses the node.
   *
   * @param fault what is wrong with it, and what to do
   * @return the exception to throw, which names the line and the key
   */
  public InputException refusal(String fault) {
    return new InputException(place() + (key.isEmpty() ? "" : ", " + key) + ": " + fault);
  }
}
