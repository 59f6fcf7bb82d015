package dev.pullback.train.chat;

import dev.pullback.train.chat.ExpressionLexer.Kind;
import dev.pullback.train.chat.ExpressionParser.Expression;
import dev.pullback.train.chat.TemplateLexer.Part;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reads the statements of Jinja that templates of conversations are made of: {@code for}, {@code
 * if}, {@code set}, {@code break}, {@code continue}, and {@code generation}, which means nothing
 * here.
 */
final class TemplateParser {

  /** Blocks within blocks that the stack bears. */
  private static final int DEEPEST = 100;

  /** How to go on. */
  enum Flow {
    NEXT,
    BREAK,
    CONTINUE
  }

  /** Writes a part of the text. */
  @FunctionalInterface
  interface Node {
    Flow run(Scope scope);
  }

  private final List<Part> parts;
  private int position;
  private int depth;

  private TemplateParser(List<Part> parts) {
    this.parts = parts;
  }

  /** Reads a template. */
  static Node parse(String template) {
    TemplateParser parser = new TemplateParser(TemplateLexer.cut(template));
    try {
      Node all = parser.until(Set.of());
      if (parser.position < parser.parts.size()) {
        throw new TemplateException("it has nothing to do with what stands before it");
      }
      return all;
    } catch (TemplateException e) {
      if (parser.position >= parser.parts.size()) {
        throw new TemplateException("at its end: " + e.getMessage());
      }
      Part part = parser.parts.get(parser.position);
      throw new TemplateException(
          "line %d, '%s': %s".formatted(part.line(), part.content().strip(), e.getMessage()));
    }
  }

  /** Reads up to a statement that begins with one of the words, which comes next. */
  private Node until(Set<String> ends) {
    if (++depth > DEEPEST) {
      throw new TemplateException("blocks are nested too deep");
    }
    List<Node> nodes = new ArrayList<>();
    while (position < parts.size()) {
      Part part = parts.get(position);
      if (part.kind() == TemplateLexer.Kind.STATEMENT) {
        String word = new ExpressionParser(part.content()).name();
        if (ends.contains(word) || (ends.isEmpty() && word.startsWith("end"))) {
          break;
        }
        nodes.add(statement(word));
      } else {
        nodes.add(plain(part));
        position++;
      }
    }
    if (position == parts.size() && !ends.isEmpty()) {
      throw new TemplateException("there is no " + String.join(" or ", ends));
    }
    depth--;
    return scope -> {
      for (Node node : nodes) {
        Flow flow = node.run(scope);
        if (flow != Flow.NEXT) {
          return flow;
        }
      }
      return Flow.NEXT;
    };
  }

  private static Node plain(Part part) {
    if (part.kind() == TemplateLexer.Kind.TEXT) {
      return scope -> {
        scope.write(part.content());
        return Flow.NEXT;
      };
    }
    ExpressionParser parser = new ExpressionParser(part.content());
    Expression value = parser.tuple();
    parser.requireEnd();
    return scope -> {
      scope.write(Values.text(value.in(scope)));
      return Flow.NEXT;
    };
  }

  /** Returns the inside of the current statement, behind its word. */
  private ExpressionParser inside() {
    ExpressionParser parser = new ExpressionParser(parts.get(position).content());
    parser.name();
    return parser;
  }

  private Node statement(String word) {
    ExpressionParser inside = inside();
    return switch (word) {
      case "if" -> condition(inside);
      case "for" -> loop(inside);
      case "set" -> assignment(inside);
      case "generation" -> {
        inside.requireEnd();
        position++;
        Node body = until(Set.of("endgeneration"));
        position++;
        yield body;
      }
      case "break", "continue" -> {
        inside.requireEnd();
        position++;
        Flow flow = word.equals("break") ? Flow.BREAK : Flow.CONTINUE;
        yield scope -> flow;
      }
      default -> throw Values.unsupported("the statement " + word);
    };
  }

  private Node condition(ExpressionParser inside) {
    Expression condition = inside.tuple();
    inside.requireEnd();
    position++;
    Node yes = until(Set.of("elif", "else", "endif"));
    String word = new ExpressionParser(parts.get(position).content()).name();
    ExpressionParser next = inside();
    Node no = scope -> Flow.NEXT;
    if (word.equals("elif")) {
      no = condition(next);
    } else {
      next.requireEnd();
      position++;
      if (word.equals("else")) {
        no = until(Set.of("endif"));
        inside().requireEnd();
        position++;
      }
    }
    Node otherwise = no;
    return scope -> Values.truth(condition.in(scope)) ? yes.run(scope) : otherwise.run(scope);
  }

  private Node loop(ExpressionParser inside) {
    List<String> targets = new ArrayList<>();
    do {
      targets.add(inside.name());
    } while (inside.sign(","));
    if (!inside.word("in")) {
      throw new TemplateException("a loop has no 'in'");
    }
    Expression over = inside.or();
    Expression filter = inside.word("if") ? inside.expression() : scope -> true;
    if (inside.peek().kind() == Kind.NAME) {
      throw Values.unsupported("'%s' of a loop".formatted(inside.peek().text()));
    }
    inside.requireEnd();
    position++;
    Node body = until(Set.of("else", "endfor"));
    Node otherwise = scope -> Flow.NEXT;
    if (new ExpressionParser(parts.get(position).content()).name().equals("else")) {
      position++;
      otherwise = until(Set.of("endfor"));
    }
    position++;
    Node none = otherwise;
    return scope -> {
      List<Object> items = new ArrayList<>();
      for (Object item : Values.items(over.in(scope))) {
        Scope each = scope.inner();
        assign(targets, item, each);
        if (Values.truth(filter.in(each))) {
          items.add(item);
        }
      }
      if (items.isEmpty()) {
        return none.run(scope.inner());
      }
      for (int i = 0; i < items.size(); i++) {
        Scope each = scope.inner();
        assign(targets, items.get(i), each);
        each.set("loop", loopVariable(items, i));
        if (body.run(each) == Flow.BREAK) {
          break;
        }
      }
      return Flow.NEXT;
    };
  }

  private static void assign(List<String> targets, Object item, Scope scope) {
    if (targets.size() == 1) {
      scope.set(targets.get(0), item);
      return;
    }
    List<Object> items = Values.items(item);
    if (items.size() != targets.size()) {
      throw new TemplateException(
          "a loop has %d names for %d values".formatted(targets.size(), items.size()));
    }
    for (int i = 0; i < targets.size(); i++) {
      scope.set(targets.get(i), items.get(i));
    }
  }

  private static Map<String, Object> loopVariable(List<Object> items, int i) {
    Map<String, Object> loop = new LinkedHashMap<>();
    loop.put("index", i + 1L);
    loop.put("index0", (long) i);
    loop.put("revindex", (long) items.size() - i);
    loop.put("revindex0", items.size() - i - 1L);
    loop.put("first", i == 0);
    loop.put("last", i == items.size() - 1);
    loop.put("length", (long) items.size());
    loop.put("depth", 1L); // of loops that call themselves, which are not supported
    loop.put("depth0", 0L);
    if (i > 0) {
      loop.put("previtem", items.get(i - 1));
    }
    if (i < items.size() - 1) {
      loop.put("nextitem", items.get(i + 1));
    }
    return loop;
  }

  /** A name, or an attribute of a namespace, gets a value or what a block writes. */
  private Node assignment(ExpressionParser inside) {
    String name = inside.name();
    String attribute = inside.sign(".") ? inside.name() : null;
    if (inside.sign(",")) {
      throw Values.unsupported("the setting of several names");
    }
    Expression value;
    if (inside.sign("=")) {
      value = inside.tuple();
      inside.requireEnd();
      position++;
    } else {
      if (inside.peek().kind() != Kind.END) {
        throw Values.unsupported("a filter of a block");
      }
      position++;
      Node body = until(Set.of("endset"));
      position++;
      value =
          scope -> {
            Scope captured = scope.captured();
            if (body.run(captured) != Flow.NEXT) {
              throw Values.unsupported("leaving a loop from within a block of set");
            }
            return captured.text();
          };
    }
    return scope -> {
      if (attribute == null) {
        scope.set(name, value.in(scope));
      } else if (scope.get(name) instanceof Values.Namespace namespace) {
        namespace.values().put(attribute, value.in(scope));
      } else {
        throw new TemplateException("it sets a part of what is no namespace");
      }
      return Flow.NEXT;
    };
  }
}
