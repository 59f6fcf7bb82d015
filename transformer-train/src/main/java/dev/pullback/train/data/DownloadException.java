package dev.pullback.train.data;

/**
 * A file could not be had from its address. Checked, because a caller may have something else to
 * use; the message is the first half of a sentence for the user: what was tried and why it failed.
 */
final class DownloadException extends Exception {

  private static final long serialVersionUID = 1L;

  DownloadException(String message, Throwable cause) {
    super(message, cause);
  }
}
