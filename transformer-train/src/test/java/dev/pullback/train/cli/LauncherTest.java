package dev.pullback.train.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The launcher in a checkout whose Maven and Java are small scripts that wait when told to. */
@Timeout(value = 1, unit = TimeUnit.MINUTES)
class LauncherTest {

  /** Makes a jar that holds what the source holds; waits for the gate, if there is one. */
  private static final String MAVEN =
      """
      #!/bin/sh
      echo "$*" >>maven.log
      echo "maven runs" >&2
      if [ -p maven.gate ]; then read -r line <maven.gate; fi
      if [ -e maven.fails ]; then exit 1; fi
      mkdir -p transformer-train/target/lib
      cat engine/src/main/Source >transformer-train/target/pullback.jar
      echo library >transformer-train/target/lib/library-1.0.jar
      """;

  /** Waits for the gate, if there is one, then prints the jar, a library, and how it was called. */
  private static final String JAVA =
      """
      #!/bin/sh
      options="$*"
      while [ "$1" != -jar ]; do shift; done
      echo "java runs" >&2
      jar=$2
      [ -z "${GATE:-}" ] || read -r line <"$GATE"
      cat "$jar" "$(dirname "$jar")/lib/library-1.0.jar"
      echo "LC_ALL=${LC_ALL:-}"
      echo "$options"
      """;

  private static final List<String> TOOLS =
      List.of(
          "sh",
          "cat",
          "cmp",
          "cp",
          "date",
          "dirname",
          "find",
          "grep",
          "head",
          "ln",
          "locale",
          "ls",
          "mkdir",
          "mv",
          "ps",
          "readlink",
          "rm",
          "rmdir",
          "sleep",
          "sort",
          "tail",
          "touch",
          "tr",
          "uname");

  @TempDir private Path folder;
  private Path checkout;
  private Path source;

  @BeforeEach
  void makeCheckout() throws IOException {
    Path launcher = Path.of(System.getProperty("pullback.root", ".."), "pullback");
    assumeTrue(Files.isExecutable(Path.of("/bin/sh")), "this system has no /bin/sh");
    checkout = Files.createDirectories(folder.resolve("check out"));
    Files.copy(launcher, checkout.resolve("pullback"));
    for (String module :
        List.of("engine", "djl-optim", "collective", "tokenizer", "transformer-train")) {
      Files.createDirectories(checkout.resolve(module).resolve("src/main"));
      Files.createFile(checkout.resolve(module).resolve("pom.xml"));
    }
    Files.createFile(checkout.resolve("pom.xml"));
    source = Files.writeString(checkout.resolve("engine/src/main/Source"), "first\n");
    script(checkout.resolve("mvnw"), MAVEN);
    script(folder.resolve("jdk/bin/java"), JAVA);
  }

  @Test
  void scalingExperimentsRunInOnePlace() throws Exception {
    String printed = scalingExperiments(2, "--jobs", "2", "--master", "local[2]");
    assertTrue(printed.contains("--jobs and --master exclude each other"), printed);
  }

  /** A study that has too little for a law is complete; one whose fit breaks is not. */
  @Test
  void scalingExperimentsEndWithAFitThatMayHaveNothing() throws Exception {
    Path stub = checkout.resolve("pullback");
    Files.writeString(stub, "#!/bin/sh\necho \"$2\"\n[ \"$2\" != fit ] || exit 2\n");
    assertEquals("plan\nrun\nreport\nfit\n", scalingExperiments(0));
    Files.writeString(stub, "#!/bin/sh\n[ \"$2\" != fit ] || exit 1\n");
    scalingExperiments(1);
    Files.writeString(stub, "#!/bin/sh\n[ \"$2\" != report ] || exit 2\n");
    scalingExperiments(2);
  }

  private String scalingExperiments(int status, String... options) throws Exception {
    Path script = checkout.resolve("scaling-experiments");
    Files.copy(
        Path.of(System.getProperty("pullback.root", ".."), "scaling-experiments"),
        script,
        StandardCopyOption.REPLACE_EXISTING);
    List<String> command = new ArrayList<>(List.of(script.toString(), "--out", "study"));
    command.addAll(List.of(options));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(status, process.waitFor(), printed);
    return printed;
  }

  @Test
  void buildsWhatHasChanged() throws Exception {
    assertTrue(run().startsWith("first\nlibrary\n"));
    run();
    assertEquals(1, builds(), "nothing has changed");
    changeSource("second");
    assertTrue(run().startsWith("second\nlibrary\n"));
    assertEquals(2, builds());
    assertTrue(run("train", "--engine", "MXNet").startsWith("second\n"));
    assertTrue(Files.readString(checkout.resolve("maven.log")).contains("-Pmxnet"));
    run();
    assertEquals(3, builds(), "MXNet is kept");
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void startsAtTheSameTimeBuildOnce(boolean flock) throws Exception {
    Path gate = pipe(checkout.resolve("maven.gate"));
    Process first = start(environment(flock), "train");
    awaitLine(first, "maven runs");
    Process second = start(environment(flock), "train");
    awaitLine(second, "Waiting for ");
    open(gate);
    assertTrue(output(first).startsWith("first\n"));
    assertTrue(output(second).startsWith("first\n"));
    assertEquals(1, builds());
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void aRunningProgramKeepsItsBuild(boolean flock) throws Exception {
    Path gate = pipe(folder.resolve("java.gate"));
    Process running = start(with(environment(flock), "GATE", gate.toString()), "train");
    awaitLine(running, "java runs");
    for (int i = 0; i < 5; i++) {
      changeSource("change " + i);
      assertTrue(output(start(environment(flock), "train")).startsWith("change " + i));
    }
    try (Stream<Path> target = Files.walk(checkout.resolve("transformer-train/target"))) {
      target.sorted((a, b) -> b.compareTo(a)).forEach(LauncherTest::delete);
    }
    assertEquals(4, kept(), "the newest three and that of the running program");
    open(gate);
    assertTrue(output(running).startsWith("first\nlibrary\n"));
    changeSource("last");
    run();
    assertEquals(3, kept(), "its build goes when it has ended");
  }

  /** The number of a process, which a name ends in, is no order. */
  @Test
  void theOldestBuildsGoWhateverTheirNames() throws Exception {
    for (int i = 0; i < 3; i++) {
      Path old = checkout.resolve(".launcher/transformer-train/99999999-000000-" + i);
      Files.createDirectories(old.resolve("users"));
      Files.setLastModifiedTime(old, FileTime.fromMillis(0));
    }
    for (int i = 0; i < 3; i++) {
      changeSource("change " + i);
      assertTrue(run().startsWith("change " + i));
      assertEquals(3, kept());
    }
    try (Stream<Path> builds = Files.list(checkout.resolve(".launcher/transformer-train"))) {
      assertTrue(builds.noneMatch(build -> build.getFileName().toString().startsWith("9999")));
    }
  }

  @Test
  void aLockOfTheDeadIsRemoved() throws Exception {
    Process dead = new ProcessBuilder("true").start();
    dead.waitFor();
    Path owner = Files.createDirectory(checkout.resolve(".launcher")).resolve("owner");
    Files.createSymbolicLink(owner, Path.of(Long.toString(dead.pid())));
    assertTrue(output(start(environment(false), "train")).startsWith("first\n"));
    assertFalse(Files.exists(owner, LinkOption.NOFOLLOW_LINKS));
  }

  @Test
  void aFailedBuildIsNotTaken() throws Exception {
    Path fails = Files.createFile(checkout.resolve("maven.fails"));
    Process failed = start(environment(true), "train");
    assertEquals(1, failed.waitFor());
    Files.delete(fails);
    assertTrue(run().startsWith("first\n"));
  }

  @Test
  void javaOptionsOfThePersonWin() throws Exception {
    String text =
        output(
            start(with(environment(true), "PULLBACK_JAVA_OPTIONS", "-Xmx1g -Da=b"), "plot", "x y"));
    assertTrue(text.contains("-XX:MaxRAMPercentage=25"), text);
    assertTrue(text.indexOf("-XX:MaxRAMPercentage") < text.indexOf("-Xmx1g -Da=b -jar"), text);
    assertTrue(text.endsWith(".jar plot x y\n"), text);
  }

  @Test
  void theLocaleIsUtf8() throws Exception {
    assertTrue(run().contains("\nLC_ALL=C.UTF-8\n"), "no locale");
    Map<String, String> german = with(environment(true), "LANG", "de_DE.ISO-8859-1");
    assertTrue(output(start(german, "train")).contains("\nLC_ALL=C.UTF-8\n"));
    Map<String, String> own = with(environment(true), "LANG", "C.UTF-8");
    assertTrue(output(start(own, "train")).contains("\nLC_ALL=\n"), "a UTF-8 locale is kept");
  }

  private String run(String... arguments) throws Exception {
    return output(start(environment(true), arguments));
  }

  /** Starts the launcher from another directory. */
  private Process start(Map<String, String> environment, String... arguments) throws IOException {
    List<String> command =
        Stream.concat(Stream.of(checkout.resolve("pullback").toString()), Stream.of(arguments))
            .toList();
    ProcessBuilder builder = new ProcessBuilder(command).directory(folder.toFile());
    builder.environment().clear();
    builder.environment().putAll(environment);
    return builder.start();
  }

  /** Without flock, as on macOS: a path with the other tools only. */
  private Map<String, String> environment(boolean flock) throws IOException {
    String path = System.getenv("PATH");
    if (!flock) {
      Path tools = Files.createDirectories(folder.resolve("tools"));
      for (String tool : TOOLS) {
        if (!Files.exists(tools.resolve(tool))) {
          script(tools.resolve(tool), "#!/bin/sh\nexec " + find(tool) + " \"$@\"\n");
        }
      }
      path = tools.toString();
    }
    return Map.of("PATH", path, "JAVA_HOME", folder.resolve("jdk").toString());
  }

  private static Path find(String tool) {
    return Stream.of(System.getenv("PATH").split(":", -1))
        .map(directory -> Path.of(directory, tool))
        .filter(Files::isExecutable)
        .findFirst()
        .orElseThrow();
  }

  private static Map<String, String> with(Map<String, String> map, String key, String value) {
    Map<String, String> changed = new HashMap<>(map);
    changed.put(key, value);
    return changed;
  }

  private static void awaitLine(Process process, String start) throws IOException {
    // Closed with the process.
    BufferedReader errors = process.errorReader();
    String line = errors.readLine();
    while (line != null && !line.startsWith(start)) {
      line = errors.readLine();
    }
    assertTrue(line != null, "ended without saying " + start);
  }

  private static String output(Process process) throws Exception {
    String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertEquals(0, process.waitFor(), text);
    return text;
  }

  private static Path pipe(Path path) throws Exception {
    assertEquals(0, new ProcessBuilder("mkfifo", path.toString()).start().waitFor());
    return path;
  }

  /** Lets the one who waits for a line go on, and whoever comes later. */
  private static void open(Path gate) throws IOException {
    try (OutputStream out = Files.newOutputStream(gate, StandardOpenOption.WRITE)) {
      out.write('\n');
    }
    Files.delete(gate);
  }

  private static void script(Path path, String text) throws IOException {
    Files.createDirectories(path.getParent());
    Files.writeString(path, text);
    assertTrue(path.toFile().setExecutable(true));
  }

  /** As an editor that replaces a file does: the folder changes, too. */
  private void changeSource(String text) throws IOException {
    Files.delete(source);
    Files.writeString(source, text + "\n");
  }

  private long builds() throws IOException {
    return Files.readAllLines(checkout.resolve("maven.log")).size();
  }

  private long kept() throws IOException {
    try (Stream<Path> builds = Files.list(checkout.resolve(".launcher/transformer-train"))) {
      return builds.filter(Files::isDirectory).count();
    }
  }

  private static void delete(Path path) {
    try {
      Files.delete(path);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
