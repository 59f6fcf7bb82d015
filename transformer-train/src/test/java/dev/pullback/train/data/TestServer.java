package dev.pullback.train.data;

import com.sun.net.httpserver.HttpHandler;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;

/** An HTTP server on the loopback interface whose paths behave well or badly. */
final class TestServer implements AutoCloseable {

  private final HttpServer server;
  private final CountDownLatch closing = new CountDownLatch(1);

  /** Serves the content under {@code /good} and failures under the other paths. */
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
          exchange.sendResponseHeaders(200, content.length + 1);
          exchange.getResponseBody().write(content);
          exchange.close();
        });
    handle(
        "/stall",
        exchange -> {
          exchange.sendResponseHeaders(200, content.length + 1);
          exchange.getResponseBody().write(content);
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

  private void awaitClosing() {
    try {
      closing.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
