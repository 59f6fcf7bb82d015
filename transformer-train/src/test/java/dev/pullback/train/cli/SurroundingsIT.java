package dev.pullback.train.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Languages, encodings, home folders and limits that a process may be started with. */
@Timeout(value = 5, unit = TimeUnit.MINUTES)
class SurroundingsIT {

  private static final List<String> TINY =
      List.of(
          "--layers=1",
          "--heads=2",
          "--width=16",
          "--context=16",
          "--batch=4",
          "--max-steps=6",
          "--eval-interval=3",
          "--warmup-steps=2",
          "--threads=1");

  @TempDir private Path folder;

  private record Result(int status, String out, String err) {}

  @ParameterizedTest
  @ValueSource(strings = {"ar,EG", "fa,IR", "tr,TR"})
  void languageChangesNoFile(String language) throws Exception {
    Path text = Files.writeString(folder.resolve("text.txt"), "To be, or not to be.\n".repeat(50));
    for (String tag : List.of("en,US", language)) {
      String[] parts = tag.split(",", -1);
      List<String> options = List.of("-Duser.language=" + parts[0], "-Duser.country=" + parts[1]);
      Path out = folder.resolve(parts[0]);
      assertEquals(0, java(options, Map.of(), train(text, out, "--optimizer=sgd_rms")).status());
    }
    Path english = folder.resolve("en");
    Path other = folder.resolve(language.substring(0, 2));
    assertEquals(files(english), files(other));
    for (String name : List.of("model.safetensors", "optimizer.safetensors")) {
      String file = "checkpoints/step-00000006/" + name;
      assertArrayEquals(
          Files.readAllBytes(english.resolve(file)), Files.readAllBytes(other.resolve(file)), file);
    }
    assertEquals(losses(english), losses(other));
  }

  /** The launcher with the class path of this test in the place of what Maven builds. */
  @Test
  void launcherSpeaksUtf8WithoutALocale() throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/bin/sh")), "this system has no /bin/sh");
    assumeTrue(
        "UTF-8".equals(System.getProperty("sun.jnu.encoding")),
        "the locale of this test cannot name the files");
    Path checkout = checkout();
    String verse = "Das schöne Mädchen, 8 €: 😀\n";
    Path text = Files.writeString(folder.resolve("Wörter.txt"), verse.repeat(40));
    Path out = folder.resolve("Lauf ü");
    List<String> arguments = new ArrayList<>(List.of(checkout.resolve("pullback").toString()));
    arguments.addAll(train(text, out));
    Result trained = run(arguments, Map.of(), "LANG", "LC_ALL", "LC_CTYPE");
    assertEquals(0, trained.status(), trained.err());
    assertTrue(trained.err().contains("Wörter.txt"), trained.err());
    assertTrue(trained.out().contains("Run: " + out), trained.out());
    assertTrue(Files.exists(out.resolve("config.yaml")));

    Result sampled =
        run(
            List.of(
                checkout.resolve("pullback").toString(),
                "sample",
                "--run=" + out,
                "--prompt=Mädchen, 8 €: 😀",
                "--tokens=40"),
            Map.of(),
            "LANG",
            "LC_ALL",
            "LC_CTYPE");
    assertEquals(0, sampled.status(), sampled.err());
    assertTrue(sampled.out().startsWith("Mädchen, 8 €: 😀"), sampled.out());
    assertFalse(sampled.out().contains("\uFFFD"), sampled.out());
  }

  @Test
  void outputThatIsLostIsAFailure() throws Exception {
    assumeTrue(Files.exists(Path.of("/dev/full")), "this system has no /dev/full");
    List<String> full = new ArrayList<>(List.of("/bin/sh", "-c", "exec \"$@\" >/dev/full", "sh"));
    full.addAll(command(List.of(), List.of("--version")));
    Result result = run(full, Map.of());
    assertEquals(1, result.status(), result.err());
    assertEquals("pullback: not all of the output could be written\n", result.err());
  }

  @Test
  void argumentsThatJavaCannotReadAreRefused() throws Exception {
    assumeTrue(
        System.getProperty("os.name").equals("Linux"),
        "only on Linux does the locale say how arguments are read");
    Result result =
        java(List.of(), Map.of("LC_ALL", "C"), List.of("sample", "--run=x", "--prompt=schön"));
    assertEquals(2, result.status(), result.err());
    assertTrue(
        result.err().startsWith("pullback: argument 3 cannot be read in this locale's encoding"),
        result.err());
  }

  @Test
  void aUserWithoutAHomeFolder() throws Exception {
    Path text = Files.writeString(folder.resolve("text.txt"), "To be, or not to be.\n".repeat(50));
    Path home = Files.createDirectory(folder.resolve("home"));
    // Where PyTorch's libraries are already, to spare the copy of 432 MB.
    Map<String, String> environment = new HashMap<>(Map.of("HOME", home.toString()));
    environment.put("DJL_CACHE_DIR", System.getenv().getOrDefault("DJL_CACHE_DIR", cache()));
    Path out = folder.resolve("run");
    Result result = java(List.of("-Duser.home=?"), environment, train(text, out));
    assertEquals(0, result.status(), result.err());
    assertFalse(Files.exists(folder.resolve("?")), "no folder of that name");
    assertFalse(result.err().contains("home folder"), result.err());

    environment.put("HOME", folder.resolve("missing").toString());
    Path temporary = Files.createDirectory(folder.resolve("tmp"));
    Result without =
        java(
            List.of("-Duser.home=?", "-Djava.io.tmpdir=" + temporary),
            environment,
            List.of("plot", "x"));
    assertTrue(
        without
            .err()
            .startsWith(
                "pullback: this user has no home folder; data sets and libraries go to "
                    + temporary),
        without.err());
  }

  @Test
  void anUnusableCacheIsNamedWithTheCause() throws Exception {
    Path text = Files.writeString(folder.resolve("text.txt"), "To be, or not to be.\n".repeat(50));
    Path file = Files.createFile(folder.resolve("file"));
    Result result =
        java(
            List.of(),
            Map.of("DJL_CACHE_DIR", file.toString()),
            train(text, folder.resolve("run")));
    assertEquals(2, result.status(), result.err());
    String line =
        result.err().lines().filter(l -> l.startsWith("pullback: ")).findFirst().orElse("");
    assertTrue(line.contains("cannot be loaded on this machine: " + file + "/pytorch: "), line);
    assertTrue(line.contains("Not a directory"), line);
    assertTrue(line.contains("DJL_CACHE_DIR"), line);
    assertFalse(result.err().contains("\tat "), result.err());
  }

  @Test
  void tooLittleMemoryIsOneLine() throws Exception {
    Path text = folder.resolve("long.txt");
    byte[] lines =
        "To be, or not to be, that is the question.\n"
            .repeat(1000)
            .getBytes(StandardCharsets.UTF_8);
    try (OutputStream out = Files.newOutputStream(text)) {
      for (int i = 0; i < 1400; i++) {
        out.write(lines);
      }
    }
    // Two bytes for each of 60 million tokens.
    Result result = java(List.of("-Xmx64m"), Map.of(), train(text, folder.resolve("run")));
    assertEquals(2, result.status(), result.err());
    assertFalse(result.err().contains("\tat "), result.err());
    assertTrue(result.err().contains("pullback: not enough memory: Java may take "), result.err());
    assertTrue(result.err().contains("PULLBACK_JAVA_OPTIONS=-Xmx"), result.err());
    assertFalse(Files.exists(folder.resolve("run")), "nothing may be written");
  }

  /** No file may be longer than some kilobytes, as on a disk that is full. */
  @Test
  void aStartThatCannotSaveCanBeStartedAgain() throws Exception {
    assumeTrue(Files.isExecutable(Path.of("/bin/sh")), "this system has no /bin/sh");
    Path text = Files.writeString(folder.resolve("text.txt"), "To be, or not to be.\n".repeat(50));
    Path out = folder.resolve("run");
    List<String> limited =
        new ArrayList<>(List.of("/bin/sh", "-c", "ulimit -f 8; exec \"$@\"", "sh"));
    limited.addAll(command(List.of("-XX:-UsePerfData"), train(text, out)));
    Result failed = run(limited, Map.of());
    assertEquals(1, failed.status(), failed.err());
    List<String> complaints =
        failed.err().lines().filter(line -> line.startsWith("pullback: ")).toList();
    assertEquals(1, complaints.size(), failed.err());
    assertTrue(complaints.get(0).contains("checkpoints/step-00000000"), failed.err());
    assertTrue(complaints.get(0).contains("File too large"), failed.err());
    assertFalse(failed.err().contains("\tat "), failed.err());

    Result again = java(List.of(), Map.of(), train(text, out));
    assertEquals(0, again.status(), again.err());
    List<String> more = List.of("train", "--resume", "--out=" + out, "--max-steps=8");
    Result resumed = java(List.of(), Map.of(), more);
    assertEquals(0, resumed.status(), resumed.err());
  }

  private static String cache() {
    return Path.of(System.getProperty("user.home"), ".djl.ai").toString();
  }

  private List<String> train(Path text, Path out, String... more) {
    List<String> arguments = new ArrayList<>(List.of("train", "--data=" + text, "--out=" + out));
    arguments.addAll(TINY);
    arguments.addAll(List.of(more));
    return arguments;
  }

  private static List<String> files(Path run) throws IOException {
    try (Stream<Path> paths = Files.walk(run)) {
      return paths.map(path -> run.relativize(path).toString()).sorted().toList();
    }
  }

  private static List<String> losses(Path run) throws IOException {
    return Files.readAllLines(run.resolve("metrics.jsonl")).stream()
        .map(line -> line.replaceAll("\"seconds\":[^,}]*", ""))
        .toList();
  }

  private Result java(List<String> options, Map<String, String> environment, List<String> arguments)
      throws Exception {
    return run(command(options, arguments), environment);
  }

  private static List<String> command(List<String> options, List<String> arguments) {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1"));
    command.addAll(options);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), Main.class.getName()));
    command.addAll(arguments);
    return command;
  }

  private Result run(List<String> command, Map<String, String> environment, String... without)
      throws Exception {
    Path err = Files.createTempFile(folder, "process", ".err");
    ProcessBuilder builder =
        new ProcessBuilder(command).directory(folder.toFile()).redirectError(err.toFile());
    builder.environment().remove("PULLBACK_DATA");
    builder.environment().keySet().removeAll(List.of(without));
    builder.environment().putAll(environment);
    Process process = builder.start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new Result(process.waitFor(), out, Files.readString(err));
  }

  /** A checkout whose Maven delivers a jar that refers to the classes under test. */
  private Path checkout() throws IOException {
    Path checkout = Files.createDirectories(folder.resolve("Quelltext ä"));
    Path launcher = Path.of(System.getProperty("pullback.root", ".."), "pullback");
    Files.copy(launcher, checkout.resolve("pullback"));
    for (String module : List.of("engine", "djl-optim", "tokenizer", "transformer-train")) {
      Files.createDirectories(checkout.resolve(module).resolve("src/main"));
      Files.createFile(checkout.resolve(module).resolve("pom.xml"));
    }
    Files.createFile(checkout.resolve("pom.xml"));
    Path mvnw = Files.writeString(checkout.resolve("mvnw"), "#!/bin/sh\n");
    assertTrue(mvnw.toFile().setExecutable(true));
    Path target = Files.createDirectories(checkout.resolve("transformer-train/target/lib"));
    Manifest manifest = new Manifest();
    Attributes main = manifest.getMainAttributes();
    main.put(Attributes.Name.MANIFEST_VERSION, "1.0");
    main.put(Attributes.Name.MAIN_CLASS, Main.class.getName());
    main.put(
        Attributes.Name.CLASS_PATH,
        Stream.of(System.getProperty("java.class.path").split(File.pathSeparator, -1))
            .map(entry -> Path.of(entry).toUri().toString())
            .collect(Collectors.joining(" ")));
    for (Path jar : List.of(target.resolve("any.jar"), target.resolveSibling("pullback.jar"))) {
      new JarOutputStream(Files.newOutputStream(jar), manifest).close();
    }
    return checkout;
  }
}
