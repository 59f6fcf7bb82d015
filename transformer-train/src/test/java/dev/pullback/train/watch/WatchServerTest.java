package dev.pullback.train.watch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.pullback.train.InputException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class WatchServerTest {

  @TempDir private Path folder;
  private Path run;
  private WatchServer server;
  private final List<Socket> sockets = new ArrayList<>();

  @BeforeEach
  void start() throws IOException {
    run = newRun("first", 1);
    server = WatchServer.start(null, 0, new WatchedRun(run));
  }

  @AfterEach
  void stop() throws IOException {
    server.close();
    for (Socket socket : sockets) {
      socket.close();
    }
  }

  @Test
  void thePageIsOneFileForThisServerOnly() throws IOException {
    String answer = get("/", "localhost");
    assertTrue(answer.startsWith("HTTP/1.1 200"), answer.lines().findFirst().orElse(""));
    String head = answer.substring(0, answer.indexOf("\r\n\r\n")).toLowerCase(Locale.ROOT);
    assertTrue(head.contains("content-security-policy: default-src 'none'"), head);
    assertTrue(head.contains("x-content-type-options: nosniff"), head);
    assertFalse(head.contains("access-control-allow-origin"), head);
    assertTrue(answer.contains("\"events\":\"/events\""), "the page knows where news come from");
  }

  @Test
  void otherNamesAreRefused() throws IOException {
    for (String host :
        List.of(
            "evil.example", "evil.example:6060", "localhost.evil.example", "127.0.0.1.nip.io")) {
      assertStatus(403, get("/", host));
      assertStatus(403, get("/events", host));
    }
    for (String host : List.of("localhost", "LOCALHOST:1", "127.0.0.1:6060", "[::1]:6060")) {
      assertStatus(200, get("/", host));
    }
    assertStatus(403, ask("GET / HTTP/1.0\r\n\r\n"));
  }

  @Test
  void onlyGetAndOnlyItsOwnPaths() throws IOException {
    for (String method : List.of("POST", "PUT", "DELETE", "OPTIONS", "HEAD")) {
      String answer = ask(method + " / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
      assertStatus(405, answer);
      assertTrue(answer.contains("Allow: GET"), answer);
    }
    Files.writeString(folder.resolve("secret"), "secret");
    for (String path :
        List.of(
            "/secret",
            "/../secret",
            "/%2e%2e/secret",
            "/..%2fsecret",
            "//secret",
            "/first/metrics.jsonl",
            "/events/",
            "/study")) {
      String answer = get(path, "localhost");
      assertFalse(answer.startsWith("HTTP/1.1 200"), path + ": " + answer);
      assertFalse(answer.contains("secret"), answer);
    }
  }

  @Test
  void whatIsWrittenIsTold() throws IOException {
    newRun("second <b>", 3);
    try (BufferedReader events = events()) {
      JsonNode first = next(events);
      assertEquals("first", first.path("run").asText());
      assertEquals(1, first.path("latest").path("step").asLong());
      JsonNode second = next(events);
      assertEquals("second <b>", second.path("run").asText());
      assertEquals(3, second.path("latest").path("step").asLong());
      append(run, 2);
      JsonNode news = next(events);
      assertEquals("first", news.path("run").asText());
      assertEquals(2, news.path("latest").path("step").asLong());
      assertFalse(news.has("restarted"));
      assertEquals(-1, news.path("curves").path("loss").path("from").asLong());
    }
  }

  @Test
  void theEndIsToldWithTheLastStep() throws IOException {
    try (BufferedReader events = events()) {
      next(events);
      append(run, 7);
      Thread closing = new Thread(server::close);
      closing.start();
      assertEquals(7, next(events).path("latest").path("step").asLong());
      String line = events.readLine();
      while (line != null && !line.equals("event: end")) {
        line = events.readLine();
      }
      assertEquals("event: end", line);
      join(closing);
    }
  }

  @Test
  void deadAndManyClientsHoldNothingUp() throws IOException {
    StringBuilder long_ = new StringBuilder();
    for (int step = 2; step <= 5_000; step++) {
      long_.append(line(step));
    }
    Files.writeString(run.resolve("metrics.jsonl"), long_, StandardOpenOption.APPEND);
    for (int i = 0; i < 100; i++) {
      Socket socket = connect();
      // A third says nothing, a third half a request, a third never reads what it asked for.
      if (i % 3 > 0) {
        send(socket, "GET /events HTTP/1.1\r\nHost: localhost\r\n" + (i % 3 == 2 ? "\r\n" : ""));
      }
    }
    assertTimeoutPreemptively(Duration.ofSeconds(10), server::close);
  }

  @Test
  void onlySoManyWatchAtOnceAndPagesAreStillServed() throws IOException {
    List<BufferedReader> watching = new ArrayList<>();
    for (int i = 0; i < 16; i++) {
      watching.add(events());
      next(watching.get(i));
    }
    assertStatus(503, get("/events", "localhost"));
    assertStatus(200, get("/", "localhost"));
    assertStatus(403, get("/events", "localhost\r\nSec-Fetch-Site: cross-site"));
    for (BufferedReader reader : watching) {
      reader.close();
    }
  }

  @Test
  void whatCannotBeListenedOnIsOneLine() {
    int port = server.address().getPort();
    InputException e =
        assertThrows(
            InputException.class, () -> WatchServer.start(null, port, new WatchedRun(run)));
    assertTrue(e.getMessage().contains("port " + port), e.getMessage());
    assertEquals(1, e.getMessage().lines().count());
    for (int wrong : new int[] {-1, 65536}) {
      assertThrows(InputException.class, () -> WatchServer.start(null, wrong, new WatchedRun(run)));
    }
    e =
        assertThrows(
            InputException.class, () -> WatchServer.start("192.0.2.1", 0, new WatchedRun(run)));
    assertTrue(e.getMessage().contains("192.0.2.1"), e.getMessage());
  }

  @Test
  void pagesFromElsewhereMakeNothingCompute() throws IOException {
    String foreign = "GET / HTTP/1.1\r\nHost: localhost\r\nSec-Fetch-Site: cross-site\r\n";
    assertStatus(403, ask(foreign + "Sec-Fetch-Dest: image\r\n\r\n"));
    assertStatus(200, ask(foreign + "Sec-Fetch-Dest: document\r\nConnection: close\r\n\r\n"));
  }

  @Test
  void aPageThatCannotBeMadeSaysSo() throws IOException {
    Watched broken =
        new Watched() {
          @Override
          public Map<String, Page> pages() {
            return Map.of(
                "/",
                () -> {
                  throw new IOException("rows.jsonl is gone");
                });
          }

          @Override
          public Feed feed() {
            return last -> new News(List.of(), false);
          }
        };
    server.close();
    server = WatchServer.start(null, 0, broken);
    String answer = get("/", "localhost");
    assertStatus(500, answer);
    assertTrue(answer.contains("rows.jsonl is gone"), answer);
  }

  @Test
  void theAddressIsTheOneThatWasAskedFor() {
    server.close();
    server = WatchServer.start("127.0.0.1", 0, new WatchedRun(run));
    assertEquals("127.0.0.1", server.address().getHost());
    server.close();
    server = WatchServer.start("0.0.0.0", 0, new WatchedRun(run));
    assertEquals("localhost", server.address().getHost());
  }

  @Test
  void itListensOnTheLoopbackOnly() {
    assertEquals("localhost", server.address().getHost());
    assertTrue(server.isLoopback());
  }

  private Path newRun(String name, long step) throws IOException {
    Path made = Files.createDirectories(folder.resolve(name));
    Files.writeString(made.resolve("config.yaml"), "lr: 0.1\n");
    Files.writeString(made.resolve("metrics.jsonl"), line(step));
    return made;
  }

  private static void append(Path run, long step) throws IOException {
    Files.writeString(run.resolve("metrics.jsonl"), line(step), StandardOpenOption.APPEND);
  }

  static String line(long step) {
    return "{\"step\":%d,\"split\":\"train\",\"loss\":1.5,\"tokens\":%d,\"seconds\":%d}\n"
        .formatted(step, 10 * step, step);
  }

  private Socket connect() throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), server.address().getPort());
    sockets.add(socket);
    return socket;
  }

  private static void send(Socket socket, String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
    socket.getOutputStream().flush();
  }

  private String get(String path, String host) throws IOException {
    return ask("GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\nConnection: close\r\n\r\n");
  }

  /** Returns the beginning of the answer; that of a stream would not end. */
  private String ask(String request) throws IOException {
    try (Socket socket = connect()) {
      send(socket, request);
      return new String(socket.getInputStream().readNBytes(1 << 21), StandardCharsets.UTF_8);
    }
  }

  private static void assertStatus(int status, String answer) {
    assertTrue(answer.startsWith("HTTP/1.1 " + status), status + ": " + answer.lines().findFirst());
  }

  private BufferedReader events() throws IOException {
    Socket socket = connect();
    send(socket, "GET /events HTTP/1.1\r\nHost: localhost\r\n\r\n");
    return new BufferedReader(
        new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
  }

  private static JsonNode next(BufferedReader events) throws IOException {
    String line = events.readLine();
    while (line != null && !line.startsWith("data: {")) {
      line = events.readLine();
    }
    if (line == null) {
      throw new IOException("the stream ended");
    }
    return new ObjectMapper().readTree(line.substring("data: ".length()));
  }

  private static void join(Thread thread) {
    try {
      thread.join();
    } catch (InterruptedException e) {
      throw new UncheckedIOException(new IOException(e));
    }
  }
}
