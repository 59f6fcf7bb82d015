package dev.pullback.train.data;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.CountDownLatch;

/** An HTTP server on the loopback interface whose paths behave well or badly. */
final class TestServer implements AutoCloseable {

  private final HttpServer server;
  private final CountDownLatch closing = new CountDownLatch(1);

  /** What answers of {@code /pieces} are to be, one after the other; the last one stays. */
  final Deque<Answer> answers = new ConcurrentLinkedDeque<>();

  /** The ranges that {@code /pieces} was asked for, and the version each was to be of, or null. */
  final List<String> ranges = Collections.synchronizedList(new ArrayList<>());

  final List<String> versions = Collections.synchronizedList(new ArrayList<>());

  /**
   * An answer.
   *
   * @param most bytes after which the connection is cut off
   * @param version of the content, as an ETag; another one than asked for sends the whole
   * @param ranges whether the server knows parts of files
   * @param failure a status to answer with instead, or 0
   */
  record Answer(int most, String version, boolean ranges, int failure) {

    static Answer of(int most) {
      return new Answer(most, "\"1\"", true, 0);
    }

    static Answer failing(int status) {
      return new Answer(0, "\"1\"", true, status);
    }
  }

  /**
   * Serves the content under {@code /good}, in pieces under {@code /pieces}, and failures under the
   * other paths.
   */
  TestServer(byte[] content) throws IOException {
    server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    serve("/good", 200, content);
    serve("/wrong", 200, "something else".getBytes(StandardCharsets.UTF_8));
    serve("/error", 500, content);
    handle(
        "/redirect",
        exchange -> {
          exchange.getResponseHeaders().add("Location", "/good");
          exchange.sendResponseHeaders(302, -1);
          exchange.close();
        });
    handle(
        "/cut",
        exchange -> {
          exchange.sendResponseHeaders(200, content.length);
          exchange.getResponseBody().write(content, 0, content.length / 2);
          cutOff(exchange);
        });
    handle("/pieces", exchange -> sendPiece(exchange, content));
    handle(
        "/stall",
        exchange -> {
          exchange.sendResponseHeaders(200, content.length);
          exchange.getResponseBody().write(content, 0, content.length / 2);
          exchange.getResponseBody().flush();
          awaitClosing();
          exchange.close();
        });
    server.start();
  }

  /** The address of a path; unknown paths answer 404. */
  URI uri(String path) {
    return URI.create(
        "http://%s:%d%s"
            .formatted(
                InetAddress.getLoopbackAddress().getHostAddress(),
                server.getAddress().getPort(),
                path));
  }

  /** The address of a port that refuses connections. */
  static URI refusing() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return URI.create(
          "http://%s:%d/good"
              .formatted(socket.getInetAddress().getHostAddress(), socket.getLocalPort()));
    }
  }

  @Override
  public void close() {
    closing.countDown();
    server.stop(0);
  }

  private void handle(String path, HttpHandler handler) {
    server.createContext(path, handler);
  }

  private void serve(String path, int status, byte[] body) {
    handle(
        path,
        exchange -> {
          exchange.sendResponseHeaders(status, body.length);
          exchange.getResponseBody().write(body);
          exchange.close();
        });
  }

  private void sendPiece(HttpExchange exchange, byte[] content) throws IOException {
    Answer answer = answers.size() > 1 ? answers.remove() : answers.element();
    String range = exchange.getRequestHeaders().getFirst("Range");
    String version = exchange.getRequestHeaders().getFirst("If-Range");
    ranges.add(String.valueOf(range));
    versions.add(String.valueOf(version));
    boolean part =
        range != null && answer.ranges() && (version == null || version.equals(answer.version()));
    int from = part ? Integer.parseInt(range.replaceAll("\\D", "")) : 0;
    exchange.getResponseHeaders().add("ETag", answer.version());
    if (answer.failure() > 0 || from >= content.length) {
      exchange.sendResponseHeaders(answer.failure() > 0 ? answer.failure() : 416, -1);
      exchange.close();
      return;
    }
    if (part) {
      exchange
          .getResponseHeaders()
          .add(
              "Content-Range", "bytes " + from + "-" + (content.length - 1) + "/" + content.length);
    }
    int length = content.length - from;
    exchange.sendResponseHeaders(part ? 206 : 200, length);
    exchange.getResponseBody().write(content, from, Math.min(length, answer.most()));
    cutOff(exchange);
  }

  /** The server of JDK 25 drops what was written of an unfinished answer, unless it is flushed. */
  private static void cutOff(HttpExchange exchange) throws IOException {
    exchange.getResponseBody().flush();
    exchange.close();
  }

  private void awaitClosing() {
    try {
      closing.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
