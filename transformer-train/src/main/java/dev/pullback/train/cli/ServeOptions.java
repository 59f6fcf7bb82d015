package dev.pullback.train.cli;

import dev.pullback.train.InputException;
import dev.pullback.train.watch.WatchServer;
import dev.pullback.train.watch.Watched;
import java.io.Closeable;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import picocli.CommandLine.Option;

/** A page to watch what is going on. */
final class ServeOptions {

  private static final String PORT = "6060";

  @Option(
      names = "--serve",
      arity = "0..1",
      fallbackValue = PORT,
      paramLabel = "PORT",
      description =
          "Show it on a local page while it lasts; 0 takes any free port. Default port: "
              + PORT
              + ".")
  private Integer port;

  @Option(
      names = "--serve-address",
      paramLabel = "ADDRESS",
      description =
          "With --serve: listen on this address of the machine. Default: for this machine only;"
              + " with another, whoever reaches it can look.")
  private String bind;

  /** Tells whether a page was asked for. */
  boolean isAsked() {
    return port != null;
  }

  private void check() {
    if (port == null && bind != null) {
      throw new InputException("--serve-address needs --serve");
    }
  }

  /** Returns these options for the command line of another process. */
  List<String> arguments() {
    check();
    List<String> arguments = new ArrayList<>();
    if (port != null) {
      arguments.add("--serve=" + port);
    }
    if (bind != null) {
      arguments.add("--serve-address=" + bind);
    }
    return arguments;
  }

  /**
   * Starts the server, if a page was asked for.
   *
   * @param watched makes what it shows
   * @param say takes the line with its address
   * @return what ends it
   * @throws InputException if it cannot listen, or the options do not fit
   */
  Closeable start(Supplier<Watched> watched, Consumer<String> say) {
    check();
    if (port == null) {
      return () -> {};
    }
    WatchServer server = WatchServer.start(bind, port, watched.get());
    say.accept("Watch it: " + server.address());
    return server::close;
  }
}
