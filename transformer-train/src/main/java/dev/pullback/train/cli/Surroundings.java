package dev.pullback.train.cli;

import dev.pullback.train.watch.WatchServer;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** What a process inherits: it must not change what is computed, written and printed. */
final class Surroundings {

  private static final String HOME = "user.home";

  private Surroundings() {}

  /** Settles language, encoding, home folder and limits; to be called before anything else. */
  static void settle() {
    // Digits, points and lower case in names, files and messages, of every library too.
    Locale.setDefault(Locale.ROOT);
    System.setOut(utf8(FileDescriptor.out));
    System.setErr(utf8(FileDescriptor.err));
    settleHome();
    limitConnections();
  }

  /**
   * Limits what clients of the page to watch can take of this process: its files and threads. The
   * JDK's server reads these properties once, for all servers; what a person has set stays.
   */
  private static void limitConnections() {
    System.getProperties()
        .putIfAbsent("jdk.httpserver.maxConnections", "" + WatchServer.CONNECTIONS);
    System.getProperties().putIfAbsent("sun.net.httpserver.maxReqTime", "10");
  }

  private static PrintStream utf8(FileDescriptor descriptor) {
    return new PrintStream(new FileOutputStream(descriptor), true, StandardCharsets.UTF_8);
  }

  /**
   * Java says that a user whom the system does not list lives in "?". DJL and JNA would keep their
   * libraries in a folder of that name.
   */
  private static void settleHome() {
    if (Path.of(System.getProperty(HOME)).isAbsolute()) {
      return;
    }
    String named = System.getenv("HOME");
    if (named != null && Path.of(named).isAbsolute() && Files.isWritable(Path.of(named))) {
      System.setProperty(HOME, named);
      return;
    }
    String temporary = System.getProperty("java.io.tmpdir");
    System.setProperty(HOME, temporary);
    System.err.println(
        "pullback: this user has no home folder; data sets and libraries go to "
            + temporary
            + ". Set HOME to a folder that can be written.");
  }

  /** Says so if Java could not read an argument in the locale's encoding. */
  static boolean garbled(String... arguments) {
    String encoding = System.getProperty("sun.jnu.encoding");
    if ("UTF-8".equals(encoding)) {
      return false; // the character is the person's own
    }
    for (int i = 0; i < arguments.length; i++) {
      if (arguments[i].indexOf('\uFFFD') >= 0) {
        System.err.println(
            "pullback: argument "
                + (i + 1)
                + " cannot be read in this locale's encoding, "
                + encoding
                + "; start with ./pullback, or set LC_ALL=C.UTF-8");
        return true;
      }
    }
    return false;
  }
}
