package dev.pullback.train.evaluate;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pullback.train.InputException;
import dev.pullback.train.PythonStrings;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Endings of a text, one of them the right one.
 *
 * @param context the text, not blank
 * @param endings at least two, none blank; a space stands between text and ending
 * @param label which of them is right, from 0
 */
public record ChoiceQuestion(String context, List<String> endings, int label) {

  private static final Pattern BRACKETS = Pattern.compile("\\[.*?\\]", Pattern.UNIX_LINES);

  /**
   * Checks the parts.
   *
   * @throws InputException if a part is missing
   */
  public ChoiceQuestion {
    endings = List.copyOf(endings);
    if (PythonStrings.strip(context).isEmpty()) {
      throw new InputException("the text before the endings is empty");
    }
    if (endings.size() < 2) {
      throw new InputException("there must be at least 2 endings");
    }
    for (int i = 0; i < endings.size(); i++) {
      if (PythonStrings.strip(endings.get(i)).isEmpty()) {
        throw new InputException("ending %d is empty".formatted(i));
      }
    }
    if (label < 0 || label >= endings.size()) {
      throw new InputException(
          "label must be from 0 to %d, but is %d".formatted(endings.size() - 1, label));
    }
  }

  /**
   * Takes the question from an object with {@code ctx}, {@code endings} and {@code label}, a number
   * or its text. In the form of HellaSwag, with {@code activity_label} as well, it is made ready as
   * in lm-evaluation-harness: the text is the activity, a colon, {@code ctx_a} and {@code ctx_b},
   * without what stands in brackets.
   *
   * @param json the object
   * @return the question
   * @throws InputException if a field is missing or of another type; without the place
   * @see <a
   *     href="https://github.com/EleutherAI/lm-evaluation-harness/tree/main/lm_eval/tasks/hellaswag">HellaSwag
   *     there</a>
   */
  public static ChoiceQuestion of(ObjectNode json) {
    List<String> endings = new ArrayList<>();
    JsonNode list = json.path("endings");
    if (!list.isArray()) {
      throw new InputException("endings must be a list of texts");
    }
    for (JsonNode ending : list) {
      if (!ending.isTextual()) {
        throw new InputException("endings must be a list of texts, but one is " + ending);
      }
      endings.add(ending.asText());
    }
    String context =
        json.has("ctx_a") && json.has("ctx_b")
            ? text(json, "ctx_a") + " " + PythonStrings.capitalize(text(json, "ctx_b"))
            : text(json, "ctx");
    if (json.has("activity_label")) {
      context = cleaned(text(json, "activity_label") + ": " + context);
      endings.replaceAll(ChoiceQuestion::cleaned);
    }
    return new ChoiceQuestion(context, endings, label(json.path("label")));
  }

  private static String text(ObjectNode json, String field) {
    JsonNode value = json.path(field);
    if (!value.isTextual()) {
      throw new InputException(
          value.isMissingNode() ? "there is no " + field : field + " must be a text");
    }
    return value.asText();
  }

  private static int label(JsonNode label) {
    if (label.isIntegralNumber() && label.canConvertToInt()) {
      return label.asInt();
    }
    if (label.isTextual() && label.asText().matches("[0-9]{1,9}")) {
      return Integer.parseInt(label.asText());
    }
    throw new InputException(
        label.isMissingNode()
            ? "there is no label"
            : "label must be the number of an ending, but is " + label);
  }

  private static String cleaned(String text) {
    String plain = PythonStrings.strip(text).replace(" [title]", ". ");
    return BRACKETS.matcher(plain).replaceAll("").replace("  ", " ");
  }
}
