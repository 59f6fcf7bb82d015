package dev.pullback.train;

import java.io.IOException;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.net.http.HttpConnectTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;

/** Puts the failure of a file or a connection into words: many JDK exceptions carry none. */
public final class FailureReason {

  private FailureReason() {}

  /**
   * Returns the reason on one line, without the file or address that the caller names anyway.
   *
   * @param failure what went wrong
   * @return the reason
   */
  public static String of(IOException failure) {
    if (failure instanceof NoSuchFileException) {
      return "no such file";
    }
    if (failure instanceof AccessDeniedException) {
      return "permission denied";
    }
    if (failure instanceof FileAlreadyExistsException e) {
      return e.getFile() + " is in the way";
    }
    if (failure instanceof NotDirectoryException) {
      return "not a folder";
    }
    if (failure instanceof DirectoryNotEmptyException) {
      return "the folder is not empty";
    }
    if (failure instanceof FileSystemException e) {
      // Without a reason the message is the file alone.
      return e.getReason() == null ? e.getClass().getSimpleName() : oneLine(e.getReason());
    }
    if (failure instanceof HttpConnectTimeoutException) {
      return "no answer to the connection attempt";
    }
    if (isUnknownHost(failure)) {
      return "host name not found";
    }
    if (failure instanceof ConnectException && failure.getMessage() == null) {
      return "connection refused";
    }
    String message = failure.getMessage();
    return message == null ? failure.getClass().getSimpleName() : oneLine(message);
  }

  /**
   * Returns the reason on one line, after the file that it is about where the failure knows it.
   *
   * @param failure what went wrong
   * @return the reason
   */
  public static String withFile(IOException failure) {
    return failure instanceof FileSystemException e && e.getFile() != null
        ? e.getFile() + ": " + of(e)
        : of(failure);
  }

  /**
   * Returns the reason of the first cause on one line, behind the file that it names.
   *
   * @param failure what went wrong, with the causes that led to it
   * @return such as {@code /cache/pytorch: permission denied}
   */
  public static String ofRoot(Throwable failure) {
    Throwable root = failure;
    while (root.getCause() != null) {
      root = root.getCause();
    }
    if (root instanceof IOException e) {
      return withFile(e);
    }
    String message = root.getMessage();
    return message == null || message.isBlank()
        ? root.getClass().getSimpleName()
        : oneLine(message.strip().lines().findFirst().orElseThrow());
  }

  /**
   * Tells whether a connection failed because nobody has the host's name.
   *
   * @param failure what went wrong
   * @return true if so
   */
  public static boolean isUnknownHost(IOException failure) {
    return hasCause(failure, UnresolvedAddressException.class)
        || hasCause(failure, UnknownHostException.class);
  }

  private static boolean hasCause(Throwable failure, Class<? extends Throwable> type) {
    for (Throwable t = failure; t != null; t = t.getCause()) {
      if (type.isInstance(t)) {
        return true;
      }
    }
    return false;
  }

  private static String oneLine(String message) {
    return message.replaceAll("\\s+", " ").strip();
  }
}
