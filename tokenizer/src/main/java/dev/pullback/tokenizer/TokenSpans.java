package dev.pullback.tokenizer;

/**
 * Ids, and where in the text each of them comes from. A token that holds part of a character's
 * bytes covers the whole character, so neighbours may overlap; a space that was put before the text
 * covers nothing. White space is part of the token that holds it, whatever a file says of trimming.
 *
 * @param ids the ids
 * @param begins the index of the first char of each token in the text
 * @param ends the index after the last char of each token in the text
 */
@SuppressWarnings("ArrayRecordComponent") // as long as the text
public record TokenSpans(int[] ids, int[] begins, int[] ends) {}
