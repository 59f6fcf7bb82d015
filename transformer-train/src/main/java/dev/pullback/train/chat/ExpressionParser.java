package dev.pullback.train.chat;

import dev.pullback.train.chat.ExpressionLexer.Kind;
import dev.pullback.train.chat.ExpressionLexer.Token;
import dev.pullback.train.chat.Values.Callable;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Reads the expressions of Jinja, as its own parser binds them. What is not supported is refused
 * when it is computed, since templates have branches that conversations do not need.
 *
 * @see <a href="https://jinja.palletsprojects.com/en/stable/templates/#expressions">Jinja,
 *     Expressions</a>
 */
final class ExpressionParser {

  /** Templates are not nested nearly as deep, and the stack bears it. */
  private static final int DEEPEST = 100;

  /** Computes a value. */
  @FunctionalInterface
  interface Expression {
    Object in(Scope scope);
  }

  private final List<Token> tokens;
  private int position;
  private int depth;

  ExpressionParser(String source) {
    tokens = ExpressionLexer.cut(source);
  }

  Token peek() {
    return tokens.get(position);
  }

  private Token take() {
    Token token = peek();
    if (token.kind() != Kind.END) {
      position++;
    }
    return token;
  }

  private boolean isNext(Kind kind, String text) {
    return peek().kind() == kind && peek().text().equals(text);
  }

  /** Takes a sign, if it is next. */
  boolean sign(String sign) {
    boolean found = isNext(Kind.SIGN, sign);
    position += found ? 1 : 0;
    return found;
  }

  /** Takes a word, if it is next. */
  boolean word(String word) {
    boolean found = isNext(Kind.NAME, word);
    position += found ? 1 : 0;
    return found;
  }

  /** Takes a name, which must be next. */
  String name() {
    if (peek().kind() != Kind.NAME) {
      throw new TemplateException("'%s' stands where a name should be".formatted(peek().text()));
    }
    return take().text();
  }

  void require(String sign) {
    if (!sign(sign)) {
      throw new TemplateException(
          "'%s' stands where '%s' should be".formatted(peek().text(), sign));
    }
  }

  void requireEnd() {
    if (peek().kind() != Kind.END) {
      throw new TemplateException("'%s' is one too many".formatted(peek().text()));
    }
  }

  /** Reads several expressions with commas between them as a list, one as itself. */
  Expression tuple() {
    Expression first = expression();
    if (!isNext(Kind.SIGN, ",")) {
      return first;
    }
    List<Expression> all = new ArrayList<>(List.of(first));
    while (sign(",")) {
      all.add(expression());
    }
    return list(all);
  }

  private static Expression list(List<Expression> all) {
    return scope -> {
      List<Object> values = new ArrayList<>();
      all.forEach(each -> values.add(each.in(scope)));
      return values;
    };
  }

  /** Reads an expression, with {@code if} and {@code else} behind it. */
  Expression expression() {
    Expression value = or();
    while (word("if")) {
      Expression yes = value;
      Expression condition = or();
      Expression no =
          word("else") ? expression() : scope -> new Values.Undefined("what has no else");
      value = scope -> Values.truth(condition.in(scope)) ? yes.in(scope) : no.in(scope);
    }
    return value;
  }

  /** Reads an expression without an {@code if} behind it. */
  Expression or() {
    if (++depth > DEEPEST) {
      throw new TemplateException("an expression is nested too deep");
    }
    Expression value = and();
    while (word("or")) {
      Expression left = value;
      Expression right = and();
      value =
          scope -> {
            Object first = left.in(scope);
            return Values.truth(first) ? first : right.in(scope);
          };
    }
    depth--;
    return value;
  }

  private Expression and() {
    Expression value = not();
    while (word("and")) {
      Expression left = value;
      Expression right = not();
      value =
          scope -> {
            Object first = left.in(scope);
            return Values.truth(first) ? right.in(scope) : first;
          };
    }
    return value;
  }

  private Expression not() {
    if (!word("not")) {
      return comparison();
    }
    if (++depth > DEEPEST) {
      throw new TemplateException("an expression is nested too deep");
    }
    Expression value = not();
    depth--;
    return scope -> !Values.truth(value.in(scope));
  }

  private Expression comparison() {
    Expression first = sum();
    List<String> operators = new ArrayList<>();
    List<Expression> operands = new ArrayList<>();
    for (String operator = operator(); operator != null; operator = operator()) {
      operators.add(operator);
      operands.add(sum());
    }
    if (operators.isEmpty()) {
      return first;
    }
    return scope -> {
      Object left = first.in(scope);
      for (int i = 0; i < operators.size(); i++) {
        Object right = operands.get(i).in(scope);
        if (!compare(operators.get(i), left, right)) {
          return false;
        }
        left = right;
      }
      return true;
    };
  }

  private String operator() {
    for (String sign : List.of("==", "!=", "<=", ">=", "<", ">")) {
      if (sign(sign)) {
        return sign;
      }
    }
    if (word("in")) {
      return "in";
    }
    boolean notIn =
        isNext(Kind.NAME, "not") && tokens.get(position + 1).equals(new Token(Kind.NAME, "in"));
    position += notIn ? 2 : 0;
    return notIn ? "not in" : null;
  }

  private static boolean compare(String operator, Object left, Object right) {
    return switch (operator) {
      case "==" -> Values.equal(left, right);
      case "!=" -> !Values.equal(left, right);
      case "in" -> Values.contains(right, left);
      case "not in" -> !Values.contains(right, left);
      case "<" -> Values.compare(left, right) < 0;
      case ">" -> Values.compare(left, right) > 0;
      case "<=" -> Values.compare(left, right) <= 0;
      default -> Values.compare(left, right) >= 0;
    };
  }

  private Expression sum() {
    Expression value = concatenation();
    while (isNext(Kind.SIGN, "+") || isNext(Kind.SIGN, "-")) {
      value = arithmetic(take().text(), value, concatenation());
    }
    return value;
  }

  private static Expression arithmetic(String operator, Expression left, Expression right) {
    return scope -> Values.arithmetic(operator, left.in(scope), right.in(scope));
  }

  private Expression concatenation() {
    Expression value = product();
    while (sign("~")) {
      Expression left = value;
      Expression right = product();
      value = scope -> Values.text(left.in(scope)) + Values.text(right.in(scope));
    }
    return value;
  }

  private Expression product() {
    Expression value = unary();
    while (List.of("*", "/", "//", "%", "**").contains(peek().text())
        && peek().kind() == Kind.SIGN) {
      value = arithmetic(take().text(), value, unary());
    }
    return value;
  }

  /** A sign binds less than filters: in Jinja, {@code -1|abs} is that of -1. */
  private Expression unary() {
    Expression value;
    if (sign("-")) {
      Expression positive = postfix(primary());
      value = scope -> Values.arithmetic("-", 0L, positive.in(scope));
    } else {
      value = postfix(primary());
    }
    return filters(value);
  }

  private Expression primary() {
    Token token = take();
    return switch (token.kind()) {
      case TEXT -> {
        StringBuilder text = new StringBuilder(token.text());
        while (peek().kind() == Kind.TEXT) {
          text.append(take().text());
        }
        yield constant(text.toString());
      }
      case NUMBER -> constant(number(token.text()));
      case NAME ->
          switch (token.text()) {
            case "true", "True" -> constant(true);
            case "false", "False" -> constant(false);
            case "none", "None" -> constant(Values.NONE);
            default -> scope -> scope.get(token.text());
          };
      case SIGN, END -> bracketed(token.text());
    };
  }

  private Expression bracketed(String sign) {
    return switch (sign) {
      case "(" -> {
        Expression inner = isNext(Kind.SIGN, ")") ? list(List.of()) : tuple();
        require(")");
        yield inner;
      }
      case "[" -> list(listed());
      case "{" -> object();
      default -> throw new TemplateException("'%s' stands where a value should be".formatted(sign));
    };
  }

  private static Expression constant(Object value) {
    return scope -> value;
  }

  private static Object number(String text) {
    try {
      return text.contains(".") ? (Object) Double.valueOf(text) : (Object) Long.valueOf(text);
    } catch (NumberFormatException e) {
      throw Values.unsupported("the number " + text);
    }
  }

  private List<Expression> listed() {
    List<Expression> all = new ArrayList<>();
    while (!sign("]")) {
      all.add(expression());
      if (!isNext(Kind.SIGN, "]")) {
        require(",");
      }
    }
    return all;
  }

  private Expression object() {
    List<Expression> keys = new ArrayList<>();
    List<Expression> values = new ArrayList<>();
    while (!sign("}")) {
      keys.add(expression());
      require(":");
      values.add(expression());
      if (!isNext(Kind.SIGN, "}")) {
        require(",");
      }
    }
    return scope -> {
      Map<Object, Object> map = new LinkedHashMap<>();
      for (int i = 0; i < keys.size(); i++) {
        map.put(keys.get(i).in(scope), values.get(i).in(scope));
      }
      return map;
    };
  }

  private Expression postfix(Expression value) {
    Expression result = value;
    while (true) {
      Expression of = result;
      if (sign(".")) {
        String name = name();
        result = scope -> Values.attribute(of.in(scope), name);
      } else if (sign("[")) {
        result = subscript(of);
      } else if (sign("(")) {
        result = call(of);
      } else {
        return result;
      }
    }
  }

  private Expression subscript(Expression of) {
    Expression from = isNext(Kind.SIGN, ":") ? null : expression();
    if (sign("]")) {
      return scope -> Values.element(of.in(scope), from.in(scope));
    }
    require(":");
    Expression to = isNext(Kind.SIGN, ":") || isNext(Kind.SIGN, "]") ? null : expression();
    Expression step = sign(":") && !isNext(Kind.SIGN, "]") ? expression() : null;
    require("]");
    return scope ->
        Values.slice(of.in(scope), bound(from, scope), bound(to, scope), bound(step, scope));
  }

  private static Long bound(Expression bound, Scope scope) {
    Object value = bound == null ? Values.NONE : bound.in(scope);
    return value == Values.NONE ? null : (Long) Values.integer(value);
  }

  /** The arguments of a call, behind its parenthesis. */
  private record Arguments(List<Expression> listed, Map<String, Expression> named) {

    List<Object> listedIn(Scope scope) {
      List<Object> values = new ArrayList<>();
      listed.forEach(each -> values.add(each.in(scope)));
      return values;
    }

    Map<String, Object> namedIn(Scope scope) {
      Map<String, Object> values = new LinkedHashMap<>();
      named.forEach((name, each) -> values.put(name, each.in(scope)));
      return values;
    }
  }

  private Arguments arguments() {
    List<Expression> listed = new ArrayList<>();
    Map<String, Expression> named = new LinkedHashMap<>();
    while (!sign(")")) {
      boolean isNamed =
          peek().kind() == Kind.NAME && tokens.get(position + 1).equals(new Token(Kind.SIGN, "="));
      if (isNamed) {
        String name = name();
        require("=");
        named.put(name, expression());
      } else {
        listed.add(expression());
      }
      if (!isNext(Kind.SIGN, ")")) {
        require(",");
      }
    }
    return new Arguments(listed, named);
  }

  private Expression call(Expression of) {
    Arguments arguments = arguments();
    return scope -> {
      Object function = of.in(scope);
      if (function instanceof Callable callable) {
        return callable.call(arguments.listedIn(scope), arguments.namedIn(scope));
      }
      throw function instanceof Values.Undefined undefined
          ? Values.unsupported("the function " + undefined.name())
          : new TemplateException("it calls what is no function");
    };
  }

  /** Filters, tests and calls, which bind more than operators. */
  private Expression filters(Expression value) {
    Expression result = value;
    while (true) {
      Expression of = result;
      if (sign("|")) {
        String name = name();
        Arguments arguments = sign("(") ? arguments() : new Arguments(List.of(), Map.of());
        result =
            scope ->
                Builtins.filter(
                    name, of.in(scope), arguments.listedIn(scope), arguments.namedIn(scope));
      } else if (word("is")) {
        boolean negated = word("not");
        String name = name();
        List<Expression> arguments = testArguments();
        result =
            scope ->
                negated
                    != Builtins.test(
                        name,
                        of.in(scope),
                        arguments.stream().map(each -> each.in(scope)).toList());
      } else if (sign("(")) {
        result = call(of);
      } else {
        return result;
      }
    }
  }

  private List<Expression> testArguments() {
    if (sign("(")) {
      return arguments().listed();
    }
    Token next = peek();
    boolean argument =
        next.kind() == Kind.TEXT
            || next.kind() == Kind.NUMBER
            || (next.kind() == Kind.NAME
                && !List.of("else", "or", "and", "is", "if", "in", "not").contains(next.text()))
            || (next.kind() == Kind.SIGN && List.of("[", "{").contains(next.text()));
    return argument ? List.of(postfix(primary())) : List.of();
  }
}
