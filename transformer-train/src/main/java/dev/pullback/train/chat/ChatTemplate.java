package dev.pullback.train.chat;

import dev.pullback.train.InputException;
import java.time.LocalDateTime;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A template of Jinja that writes a conversation down as its model expects it. It gives the text
 * that {@code apply_chat_template} of Hugging Face's transformers gives, or is refused: what is not
 * supported is never guessed. Branches that a conversation does not come to, such as those for
 * tools, may have anything in them.
 *
 * @see <a href="https://huggingface.co/docs/transformers/chat_templating">Hugging Face, Chat
 *     templates</a>
 */
public final class ChatTemplate {

  private static final String TOO_DEEP = "it is nested too deep, or too long";

  private final TemplateParser.Node template;
  private final Map<String, String> specialTokens;

  /**
   * Reads a template.
   *
   * @param template in Jinja's language
   * @param specialTokens texts of tokens by their role, such as {@code bos_token}
   * @throws InputException if it cannot be read, or has statements that are not supported
   */
  public ChatTemplate(String template, Map<String, String> specialTokens) {
    try {
      this.template = TemplateParser.parse(template);
    } catch (TemplateException e) {
      throw refused(e.getMessage(), e);
    } catch (StackOverflowError e) {
      throw refused(TOO_DEEP, e);
    }
    this.specialTokens = Map.copyOf(specialTokens);
  }

  /**
   * Writes a conversation down.
   *
   * @param messages from the beginning
   * @param answer whether the text goes on to where an answer begins
   * @param now what dates in the text are made of
   * @return the text
   * @throws InputException if the template refuses the conversation, or needs what is not supported
   */
  public String write(List<Message> messages, boolean answer, LocalDateTime now) {
    Map<String, Object> variables = new HashMap<>(Builtins.functions(now));
    variables.putAll(specialTokens);
    variables.put("messages", messages.stream().map(ChatTemplate::ordered).toList());
    variables.put("add_generation_prompt", answer);
    variables.put("tools", Values.NONE);
    variables.put("documents", Values.NONE);
    Scope scope = Scope.of(variables);
    try {
      template.run(scope);
    } catch (TemplateException e) {
      throw refused(e.getMessage(), e);
    } catch (StackOverflowError e) {
      throw refused(TOO_DEEP, e);
    }
    return scope.text();
  }

  private static Object ordered(Message message) {
    Map<String, Object> ordered = new LinkedHashMap<>();
    ordered.put("role", message.role());
    ordered.put("content", message.content());
    return ordered;
  }

  private static InputException refused(String reason, Throwable cause) {
    return new InputException("the model's chat template cannot be followed: " + reason, cause);
  }
}
