package dev.pullback.train.data;

import dev.pullback.train.FailureReason;
import dev.pullback.train.InputException;
import dev.pullback.train.store.ResumableFile;
import java.io.IOException;
import java.net.URI;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Objects;

/**
 * A file with an address and a known content: fetched once, checked always. A file under its final
 * name is complete and has the expected checksum, because a download goes to a hidden file beside
 * it first.
 *
 * <p>A connection that is cut off after it has brought something is followed by another one at
 * once, from where it ended; one that brought nothing is tried again up to three times, with a
 * pause that doubles. What has arrived stays in the hidden file when all that fails, or when the
 * process is killed, and the next call goes on from there. A server that cannot send a part of a
 * file, or that has another version by now, sends it from the beginning; pieces that do not fit
 * together are found by the checksum and fetched anew. Content with a wrong checksum is not kept.
 *
 * @param uri where the file is served, {@code http} or {@code https}; redirects are followed, but
 *     not from {@code https} to {@code http}
 * @param sha256 its SHA-256 checksum, 64 lower-case hexadecimal digits
 * @param timeout the longest that a whole download may take, positive
 * @param alternative what the user can do without this file, such as {@code use --dataset plays};
 *     it ends the error messages. May be empty
 * @param pause before a failed connection is tried again, positive; doubles each time
 */
public record RemoteFile(
    URI uri, String sha256, Duration timeout, String alternative, Duration pause) {

  private static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(60);

  /**
   * Checks the components.
   *
   * @throws NullPointerException if a component is null
   * @throws IllegalArgumentException if the checksum is not 64 lower-case hexadecimal digits or the
   *     timeout or the pause is not positive
   */
  public RemoteFile {
    Objects.requireNonNull(uri, "uri");
    Objects.requireNonNull(alternative, "alternative");
    if (pause.isNegative() || pause.isZero()) {
      throw new IllegalArgumentException("the pause must be positive: " + pause);
    }
    if (!sha256.matches("[0-9a-f]{64}")) {
      throw new IllegalArgumentException("not a SHA-256 checksum: " + sha256);
    }
    if (timeout.isNegative() || timeout.isZero()) {
      throw new IllegalArgumentException("the timeout must be positive: " + timeout);
    }
  }

  /**
   * A file with no alternative and 60 seconds to download it.
   *
   * @param uri where the file is served
   * @param sha256 its SHA-256 checksum, 64 lower-case hexadecimal digits
   */
  public RemoteFile(URI uri, String sha256) {
    this(uri, sha256, DEFAULT_TIMEOUT, "", Retries.PAUSE);
  }

  /**
   * Returns the same file with another limit for the whole download.
   *
   * @param newTimeout the limit, positive
   * @return the changed copy
   */
  public RemoteFile withTimeout(Duration newTimeout) {
    return new RemoteFile(uri, sha256, newTimeout, alternative, pause);
  }

  /**
   * Returns the same file with another pause before a connection is tried again.
   *
   * @param newPause the first pause, positive
   * @return the changed copy
   */
  public RemoteFile withPause(Duration newPause) {
    return new RemoteFile(uri, sha256, timeout, alternative, newPause);
  }

  /**
   * Returns the same file with another end of the error messages.
   *
   * @param newAlternative what the user can do without this file; may be empty
   * @return the changed copy
   */
  public RemoteFile withAlternative(String newAlternative) {
    return new RemoteFile(uri, sha256, timeout, newAlternative, pause);
  }

  /**
   * Makes sure that the file is present: takes the one that is there, else downloads it, going on
   * from what earlier calls have left. After a failure the target is as it was.
   *
   * @param target where the file lives; missing folders are created
   * @return the target
   * @throws InputException if a file is present but has another checksum or cannot be read, or if
   *     the download fails, takes too long or has another checksum
   */
  public Path fetch(Path target) {
    try {
      if (!isPresent(target)) {
        download(target);
      }
      return target;
    } catch (DownloadException e) {
      throw failure(target, e);
    }
  }

  /**
   * Tells whether the file is there.
   *
   * @throws InputException if something is there that is not this file
   */
  boolean isPresent(Path target) {
    if (!Files.exists(target)) {
      return false;
    }
    if (Files.isDirectory(target)) {
      throw new InputException(
          target + " is a directory, not a file; remove it" + or(" to download the file"));
    }
    String found;
    try {
      found = Sha256.of(target);
    } catch (IOException e) {
      throw new InputException(
          "cannot read " + target + ": " + FailureReason.of(e) + or("; make it readable"), e);
    }
    if (!found.equals(sha256)) {
      throw new InputException(
          "%s has the SHA-256 checksum %s, expected %s%s"
              .formatted(target, found, sha256, or("; delete it to download it again")));
    }
    return true;
  }

  /** Downloads the file, whether or not the target exists. */
  void download(Path target) throws DownloadException {
    String kept = "";
    try (ResumableFile partial = ResumableFile.beside(target)) {
      Transfer transfer = new Transfer(this, partial);
      try {
        new Retries(pause)
            .call(
                () -> {
                  transfer.run();
                  return null;
                });
      } finally {
        kept =
            partial.length() == 0 ? "" : " (" + partial.length() + " bytes are kept to go on from)";
      }
      partial.commit();
    } catch (FileSystemException e) {
      throw failed("cannot write " + target + ": " + FailureReason.of(e) + kept, e);
    } catch (IOException e) {
      throw failed(FailureReason.of(e) + kept, e);
    }
  }

  /** Turns a failed download into words for a user who has no other choice than to mend it. */
  InputException failure(Path target, DownloadException e) {
    return new InputException(
        "%s; put the file at %s by hand, or set %s or --data-dir to a folder that has it%s"
            .formatted(e.getMessage(), target, DataDirectory.VARIABLE, or("")),
        e);
  }

  private DownloadException failed(String reason, Throwable cause) {
    return new DownloadException("cannot download " + uri + ": " + reason, cause);
  }

  private String or(String advice) {
    return alternative.isEmpty() ? advice : advice + ", or " + alternative;
  }
}
