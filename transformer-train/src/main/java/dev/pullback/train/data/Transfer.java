package dev.pullback.train.data;

import dev.pullback.train.store.ResumableFile;
import java.io.IOException;
import java.net.http.HttpClient;
import java.net.http.HttpHeaders;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodySubscriber;
import java.net.http.HttpResponse.BodySubscribers;
import java.net.http.HttpResponse.ResponseInfo;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Flow;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** One download into a partial file, over as many connections as it takes. */
final class Transfer {

  private static final Duration CONNECT_TIMEOUT = Duration.ofSeconds(10);
  private static final int OK = 200;
  private static final int PARTIAL = 206;
  private static final int NOTHING_LEFT = 416;

  private final RemoteFile remote;
  private final ResumableFile partial;
  private final HttpClient client =
      HttpClient.newBuilder()
          .connectTimeout(CONNECT_TIMEOUT)
          .followRedirects(HttpClient.Redirect.NORMAL)
          .build();
  private final long begun = System.nanoTime();

  /** The version of the content that the server sent last, if it names versions. */
  private String version;

  private boolean restarted;

  Transfer(RemoteFile remote, ResumableFile partial) {
    this.remote = remote;
    this.partial = partial;
  }

  /**
   * Receives what is missing and checks the whole.
   *
   * @throws IOException if nothing more came
   */
  void run() throws IOException {
    while (true) {
      long had = partial.length();
      try {
        receive();
      } catch (Retries.FinalException e) {
        throw e;
      } catch (IOException e) {
        if (partial.length() <= had) {
          throw e;
        }
        continue; // cut off, but it brings something each time
      }
      String found = Sha256.of(partial.path());
      if (found.equals(remote.sha256())) {
        return;
      }
      partial.restart();
      if (had == 0 || restarted) {
        throw new Retries.FinalException(
            "the SHA-256 checksum is %s, expected %s".formatted(found, remote.sha256()));
      }
      restarted = true; // the pieces were of different contents
    }
  }

  /** Receives one answer, from the end of what is there if the server can. */
  private void receive() throws IOException {
    long from = partial.length();
    HttpRequest.Builder request = HttpRequest.newBuilder(remote.uri());
    if (from > 0) {
      request.header("Range", "bytes=" + from + "-");
      if (version != null) {
        request.header("If-Range", version);
      }
    }
    int status = await(client.sendAsync(request.build(), head -> body(head, from))).statusCode();
    if (status == OK || status == PARTIAL || (status == NOTHING_LEFT && from > 0)) {
      return;
    }
    String failure = "HTTP status " + status;
    if (status >= 500 || status == 408 || status == 429) {
      throw new IOException(failure);
    }
    throw new Retries.FinalException(failure);
  }

  private BodySubscriber<Void> body(ResponseInfo head, long from) {
    if (head.statusCode() != OK && head.statusCode() != PARTIAL) {
      return BodySubscribers.replacing(null);
    }
    HttpHeaders headers = head.headers();
    // A weak tag (W/) says nothing about bytes.
    version = headers.firstValue("ETag").filter(tag -> tag.startsWith("\"")).orElse(null);
    boolean continues =
        headers.firstValue("Content-Range").orElse("").startsWith("bytes " + from + "-");
    return new Appending(
        partial,
        head.statusCode() == OK,
        head.statusCode() == OK || continues
            ? null
            : new IOException("the server sent another range than that asked for"));
  }

  /** Waits for the whole exchange: the timeout of an HttpRequest ends with the response headers. */
  private <T> T await(CompletableFuture<T> exchange) throws IOException {
    long left = remote.timeout().toNanos() - (System.nanoTime() - begun);
    try {
      return exchange.get(Math.max(left, 0), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      exchange.cancel(true);
      throw new Retries.FinalException(
          "not complete after " + remote.timeout().toMillis() / 1000.0 + " s");
    } catch (InterruptedException e) {
      exchange.cancel(true);
      Thread.currentThread().interrupt();
      throw new Retries.FinalException("interrupted");
    } catch (ExecutionException e) {
      if (e.getCause() instanceof IOException failure) {
        throw failure;
      }
      throw new IOException(String.valueOf(e.getCause()), e);
    }
  }

  /** Writes the bytes of an answer to the file as they come. */
  private static final class Appending implements BodySubscriber<Void> {

    private final CompletableFuture<Void> end = new CompletableFuture<>();
    private final ResumableFile partial;
    private final boolean fromStart;
    private final IOException refusal;
    private Flow.Subscription subscription;

    Appending(ResumableFile partial, boolean fromStart, IOException refusal) {
      this.partial = partial;
      this.fromStart = fromStart;
      this.refusal = refusal;
    }

    @Override
    public CompletionStage<Void> getBody() {
      return end;
    }

    @Override
    public void onSubscribe(Flow.Subscription given) {
      subscription = given;
      try {
        if (fromStart || refusal != null) {
          partial.restart();
        }
        if (refusal != null) {
          throw refusal;
        }
        given.request(Long.MAX_VALUE);
      } catch (IOException e) {
        fail(e);
      }
    }

    @Override
    public void onNext(List<ByteBuffer> buffers) {
      try {
        for (ByteBuffer buffer : buffers) {
          partial.append(buffer);
        }
      } catch (IOException e) {
        fail(e);
      }
    }

    private void fail(IOException e) {
      subscription.cancel();
      end.completeExceptionally(e);
    }

    @Override
    public void onError(Throwable failure) {
      end.completeExceptionally(failure);
    }

    @Override
    public void onComplete() {
      end.complete(null);
    }
  }
}
