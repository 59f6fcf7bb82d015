package dev.pullback.train.data;

import dev.pullback.train.FailureReason;
import dev.pullback.train.InputException;
import dev.pullback.train.store.PartialFile;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandler;
import java.net.http.HttpResponse.BodyHandlers;
import java.net.http.HttpResponse.BodySubscribers;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * A file with an address and a known content: fetched once, checked always. A file under its final
 * name is complete and has the expected checksum, because a download goes to a temporary file
 * beside it first.
 *
 * @param uri where the file is served, {@code http} or {@code https}; redirects are followed, but
 *     not from {@code https} to {@code http}
 * @param sha256 its SHA-256 checksum, 64 lower-case hexadecimal digits
 * @param timeout the longest that a whole download may take, positive
 * @param alternative what the user can do without this file, such as {@code use --dataset plays};
 *     it ends the error messages. May be empty
 */
public record RemoteFile(URI uri, String sha256, Duration timeout, String alternative) {

  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);
  private static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(60);

  /**
   * Checks the components.
   *
   * @throws NullPointerException if a component is null
   * @throws IllegalArgumentException if the checksum is not 64 lower-case hexadecimal digits or the
   *     timeout is not positive
   */
  public RemoteFile {
    Objects.requireNonNull(uri, "uri");
    Objects.requireNonNull(alternative, "alternative");
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
    this(uri, sha256, DEFAULT_TIMEOUT, "");
  }

  /**
   * Returns the same file with another limit for the whole download.
   *
   * @param newTimeout the limit, positive
   * @return the changed copy
   */
  public RemoteFile withTimeout(Duration newTimeout) {
    return new RemoteFile(uri, sha256, newTimeout, alternative);
  }

  /**
   * Returns the same file with another end of the error messages.
   *
   * @param newAlternative what the user can do without this file; may be empty
   * @return the changed copy
   */
  public RemoteFile withAlternative(String newAlternative) {
    return new RemoteFile(uri, sha256, timeout, newAlternative);
  }

  /**
   * Makes sure that the file is present: takes the one that is there, else downloads it. After a
   * failure the target is as it was and no partial file remains.
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
    try (PartialFile partial = PartialFile.beside(target)) {
      receive(partial.path());
      String found = Sha256.of(partial.path());
      if (!found.equals(sha256)) {
        throw failed("the SHA-256 checksum is %s, expected %s".formatted(found, sha256), null);
      }
      partial.commit();
    } catch (FileSystemException e) {
      throw failed("cannot write " + target + ": " + FailureReason.of(e), e);
    } catch (IOException e) {
      throw failed(FailureReason.of(e), e);
    }
  }

  /** Turns a failed download into words for a user who has no other choice than to mend it. */
  InputException failure(Path target, DownloadException e) {
    return new InputException(
        "%s; put the file at %s by hand, or set %s or --data-dir to a folder that has it%s"
            .formatted(e.getMessage(), target, DataDirectory.VARIABLE, or("")),
        e);
  }

  /** Receives the response body into an existing file. */
  private void receive(Path partial) throws IOException, DownloadException {
    HttpClient client =
        HttpClient.newBuilder()
            .connectTimeout(CONNECT_TIMEOUT)
            .followRedirects(HttpClient.Redirect.NORMAL)
            .build();
    // Without CREATE, a response that arrives after the time is up cannot bring the file back.
    BodyHandler<Path> toFile =
        BodyHandlers.ofFile(
            partial, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING);
    CompletableFuture<HttpResponse<Path>> exchange =
        client.sendAsync(
            HttpRequest.newBuilder(uri).build(),
            head ->
                head.statusCode() == 200 ? toFile.apply(head) : BodySubscribers.replacing(partial));
    int status = await(exchange).statusCode();
    if (status != 200) {
      throw failed("HTTP status " + status, null);
    }
  }

  /** Waits for the whole exchange: the timeout of an HttpRequest ends with the response headers. */
  private <T> T await(CompletableFuture<T> exchange) throws IOException, DownloadException {
    try {
      return exchange.get(timeout.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      exchange.cancel(true);
      throw failed("not complete after " + seconds(timeout), e);
    } catch (InterruptedException e) {
      exchange.cancel(true);
      Thread.currentThread().interrupt();
      throw failed("interrupted", e);
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IOException failure) {
        throw failure;
      }
      throw failed(String.valueOf(e.getCause()), e);
    }
  }

  private DownloadException failed(String reason, Throwable cause) {
    return new DownloadException("cannot download " + uri + ": " + reason, cause);
  }

  private String or(String advice) {
    return alternative.isEmpty() ? advice : advice + ", or " + alternative;
  }

  private static String seconds(Duration duration) {
    return duration.toMillis() / 1000.0 + " s";
  }
}
