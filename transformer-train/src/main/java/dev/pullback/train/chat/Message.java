package dev.pullback.train.chat;

/**
 * A part of a conversation.
 *
 * @param role who said it: {@code system}, {@code user} or {@code assistant}
 * @param content what was said
 */
public record Message(String role, String content) {}
