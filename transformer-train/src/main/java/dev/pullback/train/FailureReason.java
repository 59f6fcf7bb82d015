package dev.pullback.train;

import java.io.IOException;
import java.net.ConnectException;
import java.net.UnknownHostException;
import java.net.http.HttpConnectTimeoutException;
import java.nio.channels.UnresolvedAddressException;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;

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
    if (failure instanceof FileSystemException e && e.getReason() != null) {
      return oneLine(e.getReason());
    }
    if (failure instanceof HttpConnectTimeoutException) {
      return "no answer to the connection attempt";
    }
    if (hasCause(failure, UnresolvedAddressException.class)
        || hasCause(failure, UnknownHostException.class)) {
      return "host name not found";
    }
    if (failure instanceof ConnectException && failure.getMessage() == null) {
      return "connection refused";
    }
    String message = failure.getMessage();
    return message == null ? failure.getClass().getSimpleName() : oneLine(message);
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
