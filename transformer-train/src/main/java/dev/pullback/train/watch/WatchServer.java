package dev.pullback.train.watch;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.Headers;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import dev.pullback.train.FailureReason;
import dev.pullback.train.InputException;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.SynchronousQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Serves what is {@linkplain Watched watched}: pages, and events that say what is new. Only GET,
 * only fixed paths, no file by its name. Every client has a thread of its own that asks for the
 * news when it has sent the last ones: there is no queue, a slow client misses nothing but time,
 * and nothing that trains ever waits for one.
 */
public final class WatchServer implements AutoCloseable {

  /** How many connections there may be, each with a thread. The program's start sets it. */
  public static final int CONNECTIONS = 64;

  private static final Logger LOGGER = LoggerFactory.getLogger(WatchServer.class);
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int STREAMS = 16;
  private static final long APART_SECONDS = 1;
  private static final long PATIENCE_SECONDS = 1;

  /** The page is one file; scripts in it may talk to this server only. */
  private static final Map<String, String> HEADERS =
      Map.of(
          "Content-Security-Policy",
          "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline';"
              + " img-src data: blob:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none';"
              + " form-action 'none'",
          "X-Content-Type-Options",
          "nosniff",
          "Referrer-Policy",
          "no-referrer",
          "Cross-Origin-Resource-Policy",
          "same-origin",
          "Cache-Control",
          "no-store");

  private final HttpServer server;
  private final ExecutorService threads;
  private final Watched watched;
  private final String boundName;
  private final Semaphore streams = new Semaphore(STREAMS);
  private final CountDownLatch ending = new CountDownLatch(1);

  private WatchServer(
      HttpServer server, ExecutorService threads, Watched watched, String boundName) {
    this.server = server;
    this.threads = threads;
    this.watched = watched;
    this.boundName = boundName;
  }

  /**
   * Starts a server.
   *
   * @param bind the name or address to listen on; null for this machine only
   * @param port the port, 0 for any that is free
   * @param watched what to show
   * @return the running server
   * @throws InputException if it cannot listen there
   */
  public static WatchServer start(String bind, int port, Watched watched) {
    if (port < 0 || port > 0xffff) {
      throw new InputException("--serve must be a port from 0 to 65535, but is " + port);
    }
    InetAddress address;
    try {
      address = bind == null ? InetAddress.getLoopbackAddress() : InetAddress.getByName(bind);
    } catch (UnknownHostException e) {
      throw new InputException(
          "--serve-address %s is no address of this machine".formatted(bind), e);
    }
    HttpServer server;
    try {
      server = HttpServer.create(new InetSocketAddress(address, port), CONNECTIONS);
    } catch (IOException e) {
      throw new InputException(
          "cannot serve on %s, port %d: %s; choose another with --serve PORT, 0 for any that is free"
              .formatted(address.getHostAddress(), port, FailureReason.of(e)),
          e);
    }
    AtomicInteger number = new AtomicInteger();
    ExecutorService threads =
        new ThreadPoolExecutor(
            0,
            CONNECTIONS,
            10,
            TimeUnit.SECONDS,
            new SynchronousQueue<>(),
            work -> {
              Thread thread = new Thread(work, "watch-" + number.incrementAndGet());
              thread.setDaemon(true);
              return thread;
            },
            // The server drops a connection whose request nobody takes up in time.
            new ThreadPoolExecutor.DiscardPolicy());
    WatchServer started =
        new WatchServer(server, threads, watched, bind == null ? "localhost" : host(bind));
    server.createContext("/", started::handle);
    server.setExecutor(threads);
    server.start();
    return started;
  }

  /** Returns a name or address as addresses of pages have it. */
  private static String host(String bind) {
    return bind.contains(":") && !bind.startsWith("[") ? "[" + bind + "]" : bind;
  }

  /**
   * Returns where the page is.
   *
   * @return its address
   */
  public URI address() {
    InetSocketAddress address = server.getAddress();
    String host = address.getAddress().isAnyLocalAddress() ? "localhost" : boundName;
    return URI.create("http://%s:%d/".formatted(host, address.getPort()));
  }

  boolean isLoopback() {
    return server.getAddress().getAddress().isLoopbackAddress();
  }

  private void handle(HttpExchange exchange) {
    try (exchange) {
      HEADERS.forEach(exchange.getResponseHeaders()::set);
      Headers asked = exchange.getRequestHeaders();
      String path = exchange.getRequestURI().getRawPath();
      if (!isOurName(asked.getFirst("Host"))) {
        answer(exchange, 403, "text/plain", "This server has another name.\n");
      } else if (!exchange.getRequestMethod().equals("GET")) {
        exchange.getResponseHeaders().set("Allow", "GET");
        answer(exchange, 405, "text/plain", "Only GET.\n");
      } else if (isForeign(asked, path)) {
        answer(exchange, 403, "text/plain", "For the page of this server only.\n");
      } else if (path.equals(WatchedRun.EVENTS)) {
        stream(exchange);
      } else if (watched.pages().containsKey(path)) {
        page(exchange, watched.pages().get(path));
      } else {
        answer(exchange, 404, "text/plain", "Nothing here.\n");
      }
    } catch (IOException e) {
      LOGGER.debug("a client is gone, or cannot be told: {}", FailureReason.of(e));
    } catch (RuntimeException e) {
      LOGGER.warn("the page cannot be shown: {}", e.toString());
    }
  }

  /**
   * Tells whether a request is meant for this server. A page from elsewhere whose name is made to
   * point here (DNS rebinding) asks by that name; addresses belong to nobody's page.
   */
  private boolean isOurName(String host) {
    if (host == null) {
      return false;
    }
    String name = host.replaceFirst(":[0-9]{1,5}$", "").toLowerCase(Locale.ROOT);
    return name.equals("localhost")
        || name.equals(boundName.toLowerCase(Locale.ROOT))
        || name.matches("[0-9]{1,3}(\\.[0-9]{1,3}){3}")
        || name.matches("\\[[0-9a-f:.]+]");
  }

  /**
   * Tells whether a page from elsewhere asks. It could not read the answer, but take the places of
   * those who can, or make this machine compute. A link that somebody follows is another matter.
   */
  private static boolean isForeign(Headers asked, String path) {
    return "cross-site".equals(asked.getFirst("Sec-Fetch-Site"))
        && (path.equals(WatchedRun.EVENTS) || !"document".equals(asked.getFirst("Sec-Fetch-Dest")));
  }

  private static void page(HttpExchange exchange, Watched.Page page) throws IOException {
    String html;
    try {
      html = page.html();
    } catch (IOException | RuntimeException e) {
      LOGGER.warn("the page cannot be shown: {}", e.toString());
      answer(exchange, 500, "text/plain", "This cannot be shown: " + e.getMessage() + "\n");
      return;
    }
    answer(exchange, 200, "text/html", html);
  }

  private static void answer(HttpExchange exchange, int status, String type, String text)
      throws IOException {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    exchange.getResponseHeaders().set("Content-Type", type + "; charset=utf-8");
    boolean head = exchange.getRequestMethod().equals("HEAD");
    exchange.sendResponseHeaders(status, head ? -1 : bytes.length);
    if (!head) {
      exchange.getResponseBody().write(bytes);
    }
  }

  /** Server-sent events (HTML standard, section 9.2) until the end of the run or of the client. */
  private void stream(HttpExchange exchange) throws IOException {
    if (!streams.tryAcquire()) {
      answer(exchange, 503, "text/plain", "Too many are watching.\n");
      return;
    }
    try {
      exchange.getResponseHeaders().set("Content-Type", "text/event-stream; charset=utf-8");
      exchange.sendResponseHeaders(200, 0);
      OutputStream out = exchange.getResponseBody();
      Watched.Feed feed = watched.feed();
      boolean ended = false;
      while (!ended) {
        Watched.News news = feed.news(false);
        for (ObjectNode message : news.messages()) {
          send(out, "data: " + JSON.writeValueAsString(message) + "\n\n");
        }
        send(out, ":\n\n"); // finds out who is gone
        out.flush();
        ended = ending.await(news.more() ? 0 : APART_SECONDS, TimeUnit.SECONDS);
      }
      for (ObjectNode message : feed.news(true).messages()) {
        send(out, "data: " + JSON.writeValueAsString(message) + "\n\n");
      }
      send(out, "event: end\ndata: {}\n\n");
      out.flush(); // before the server hears that nobody is left
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      streams.release();
    }
  }

  private static void send(OutputStream out, String text) throws IOException {
    out.write(text.getBytes(StandardCharsets.UTF_8));
  }

  /** Says goodbye to those who watch, and ends; waits a second at most for the slow. */
  @Override
  public void close() {
    ending.countDown();
    try {
      streams.tryAcquire(STREAMS, PATIENCE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    server.stop(0);
    threads.shutdownNow();
  }
}
