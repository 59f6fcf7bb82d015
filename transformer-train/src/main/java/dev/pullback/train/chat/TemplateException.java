package dev.pullback.train.chat;

/** A template that cannot be followed; the message says why, without the template's name. */
final class TemplateException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  TemplateException(String message) {
    super(message);
  }
}
