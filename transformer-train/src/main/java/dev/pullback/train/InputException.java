package dev.pullback.train;

/**
 * Something the person who started the program can mend: a wrong option, an unusable file, a
 * refused download. The message is one line that says what was wrong, where, with which value, and
 * what to do; the command line prints it without a stack trace and exits with status 2. Line ends
 * and control characters, which a file may have brought in, are taken out.
 */
public final class InputException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /**
   * Creates the exception.
   *
   * @param message one line for the person at the command line
   */
  public InputException(String message) {
    super(OneLine.of(message));
  }

  /**
   * Creates the exception with the failure that led to it.
   *
   * @param message one line for the person at the command line
   * @param cause the underlying failure
   */
  public InputException(String message, Throwable cause) {
    super(OneLine.of(message), cause);
  }

  /**
   * Refuses a number that is too small.
   *
   * @param name what the person calls it
   * @param value what was given
   * @param least the smallest value allowed
   * @throws InputException if {@code value} is below {@code least}
   */
  public static void atLeast(String name, long value, long least) {
    if (value < least) {
      throw new InputException("%s must be at least %d, but is %d".formatted(name, least, value));
    }
  }

  /**
   * Refuses a number that is too large.
   *
   * @param name what the person calls it
   * @param value what was given
   * @param most the largest value allowed
   * @throws InputException if {@code value} is above {@code most}
   */
  public static void atMost(String name, long value, long most) {
    if (value > most) {
      throw new InputException("%s must be at most %d, but is %d".formatted(name, most, value));
    }
  }
}
