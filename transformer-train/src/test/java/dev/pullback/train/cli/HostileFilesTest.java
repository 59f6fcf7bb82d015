package dev.pullback.train.cli;

import static org.junit.jupiter.api.Assertions.assertAll;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.DynamicContainer.dynamicContainer;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * Files that nobody vouches for, each damaged in one way, are given to every command that reads
 * them: one line that names the file, exit status 2, nothing written, little memory. What does not
 * change a file's meaning changes nothing of what comes out.
 *
 * <p>The build gives this test a virtual machine of its own with a small heap. {@code
 * -Dpullback.hostile.seed=N} damages other places.
 */
@Tag("hostile")
class HostileFilesTest {

  private static final long SEED = Long.getLong("pullback.hostile.seed", 1);
  private static final long MOST_SECONDS = 20;
  private static final long MOST_BYTES = 200L << 20;
  private static final long MUCH = MOST_BYTES / 10;
  private static final long LARGE = 1 << 24;

  private static final String SAMPLE = "sample --run @/run --tokens 5 --threads 1";
  private static final String RESUME = "train --resume --out @/run --threads 1";
  private static final String PLOT = "plot --out @/p.png @/run";
  private static final String IMPORT = "import @/hub --out @/new";
  private static final String CHECKPOINT = "run/checkpoints/step-00000006/";

  @TempDir private static Path folder;
  private static Path text;
  private static String trial;

  /** The most memory after what is sound had been read; raised by whoever takes more. */
  private static long peak;

  /**
   * Files of one kind.
   *
   * @param name of the kind
   * @param base the folder with a sound file and what belongs to it
   * @param file the one that is damaged
   * @param damages what is done to it
   * @param commands what reads it; {@code @} stands for a copy of the folder
   */
  private record Family(
      String name, String base, String file, List<Damage> damages, List<String> commands) {}

  private record Result(int status, String out, String err) {}

  @BeforeAll
  static void makeSoundFiles() throws IOException {
    System.out.println("Hostile files of seed " + SEED);
    text = Files.writeString(folder.resolve("text.txt"), "To be, or not to be.\n".repeat(50));
    Path options =
        Files.writeString(
            Files.createDirectory(folder.resolve("options")).resolve("options.yaml"),
            """
            layers: 1
            heads: 2
            width: 16
            context: 16
            batch: 4
            max-steps: 6
            eval-interval: 3
            save-interval: 3
            warmup-steps: 2
            threads: 1
            """);
    Path trained = Files.createDirectory(folder.resolve("trained"));
    succeed("train --config %s --data %s --out @/run".formatted(options, text), trained);
    Path exported = Files.createDirectory(folder.resolve("exported"));
    succeed("export --run " + trained.resolve("run") + " --to @/hub", exported);
    Path sharded = folder.resolve("sharded");
    copy(trained, sharded);
    HostileTensors.shard(sharded.resolve(CHECKPOINT + "model.safetensors"));
    Path paper = Files.createDirectory(folder.resolve("paper"));
    succeed(PAPER, paper);
    try (Stream<Path> files = Files.walk(paper)) {
      Path row = files.filter(file -> file.endsWith("row.json")).findFirst().orElseThrow();
      trial = paper.relativize(row.getParent()) + "/";
    }
    HostileImages.makeMnist(folder.resolve("images/mnist"));
    HostileImages.makeCifar(folder.resolve("images/cifar10"));
    peak = peakBytes();
    System.out.printf("%d MiB resident at most before them%n", peak >> 20);
  }

  @AfterAll
  static void printPeak() throws IOException {
    System.out.printf("%d MiB resident at most after them%n", peakBytes() >> 20);
  }

  private static final String PAPER =
      "paper regression --optimizers sgd --seeds 1 --epochs 1 --threads 1 --out @/paper"
          + " --data-dir @/none";

  private static String images(String name) {
    return "paper %s --optimizers sgd --seeds 1 --epochs 1 --threads 1 --out @/new --data-dir @"
        .formatted(name);
  }

  private static List<Family> families() {
    Random random = new Random(SEED);
    List<Damage> optimizers = new ArrayList<>(HostileTensors.files(random));
    optimizers.addAll(HostileTensors.states());
    String train = "train --config @/options.yaml --data %s --out @/new".formatted(text);
    return List.of(
        new Family(
            "weights",
            "trained",
            CHECKPOINT + "model.safetensors",
            HostileTensors.files(random),
            List.of(SAMPLE, RESUME)),
        new Family(
            "optimiser",
            "trained",
            CHECKPOINT + "optimizer.safetensors",
            optimizers,
            List.of(RESUME)),
        new Family(
            "index",
            "sharded",
            CHECKPOINT + "model.safetensors.index.json",
            HostileTensors.indexes(random),
            List.of(SAMPLE, RESUME)),
        new Family(
            "tokenizer",
            "trained",
            CHECKPOINT + "tokenizer.json",
            HostileTexts.tokenizers(random),
            List.of(SAMPLE)),
        new Family(
            "state",
            "trained",
            CHECKPOINT + "state.json",
            HostileTexts.states(random),
            List.of(RESUME)),
        new Family(
            "latest",
            "trained",
            "run/checkpoints/latest",
            HostileTexts.names(random),
            List.of(SAMPLE, PLOT, RESUME)),
        new Family(
            "configuration",
            "trained",
            "run/config.yaml",
            HostileTexts.configurations(random),
            List.of(SAMPLE, RESUME)),
        new Family(
            "metrics", "trained", "run/metrics.jsonl", HostileTexts.metrics(random), List.of(PLOT)),
        new Family(
            "options", "options", "options.yaml", HostileTexts.options(random), List.of(train)),
        new Family(
            "trial", "paper", trial + "trial.json", HostileTrials.trials(random), List.of(PAPER)),
        new Family("row", "paper", trial + "row.json", HostileTrials.rows(random), List.of(PAPER)),
        new Family(
            "measurements",
            "paper",
            trial + "metrics.jsonl",
            HostileTrials.measurements(random),
            List.of(PAPER)),
        new Family(
            "model's configuration",
            "exported",
            "hub/config.json",
            HostileModels.configurations(random),
            List.of(IMPORT)),
        new Family(
            "model's tokenizer",
            "exported",
            "hub/tokenizer.json",
            HostileModels.tokenizers(random),
            List.of(IMPORT)),
        new Family(
            "model's weights",
            "exported",
            "hub/model.safetensors",
            HostileTensors.files(random),
            List.of(IMPORT)),
        new Family(
            "mnist",
            "images",
            "mnist/train-images-idx3-ubyte.gz",
            HostileImages.idxFiles(random),
            List.of(images("mnist"))),
        new Family(
            "cifar10",
            "images",
            "cifar10/data_batch_2.bin",
            HostileImages.records(random),
            List.of(images("cifar10"))));
  }

  @TestFactory
  Stream<DynamicContainer> hostileFiles() {
    return families().stream()
        .map(
            family ->
                dynamicContainer(
                    family.name(), family.damages().stream().map(damage -> test(family, damage))));
  }

  private static DynamicTest test(Family family, Damage damage) {
    return dynamicTest(
        damage.what().isBlank() ? "white space only" : damage.what(),
        () -> {
          Path copy = folder.resolve("copy");
          copy(folder.resolve(family.base()), copy);
          try {
            assertAll(
                family.name() + ": " + damage.what(),
                () -> {
                  if (damage.harmless()) {
                    meansTheSame(family, damage, copy);
                  } else {
                    refuses(family, damage, copy);
                  }
                });
          } finally {
            delete(copy);
          }
        });
  }

  private static void meansTheSame(Family family, Damage damage, Path copy) throws IOException {
    for (String command : family.commands()) {
      String expected = succeed(command, copy);
      delete(copy);
      copy(folder.resolve(family.base()), copy);
      damage.edit().apply(copy.resolve(family.file()));
      assertEquals(expected, succeed(command, copy));
    }
  }

  private static void refuses(Family family, Damage damage, Path copy) throws IOException {
    Path file = copy.resolve(family.file());
    damage.edit().apply(file);
    Map<String, String> before = content(copy);
    Pattern named =
        Pattern.compile(
            damage.named().isEmpty()
                ? Pattern.quote(file.getFileName().toString())
                : damage.named());
    for (String command : family.commands()) {
      long begin = System.nanoTime();
      Result result = run(command, copy);
      long seconds = TimeUnit.NANOSECONDS.toSeconds(System.nanoTime() - begin);
      assertEquals(2, result.status(), result.err());
      List<String> complaints =
          result.err().lines().filter(l -> l.startsWith("pullback: ")).toList();
      assertEquals(1, complaints.size(), result.err());
      assertTrue(
          result.err().endsWith(complaints.get(0) + "\n"), "one line, the last: " + result.err());
      assertTrue(complaints.get(0).length() < 3000, complaints.get(0));
      assertTrue(named.matcher(complaints.get(0)).find(), complaints.get(0));
      assertFalse(result.err().chars().anyMatch(c -> Character.isISOControl(c) && c != '\n'));
      assertFalse(result.err().contains("Exception"), result.err());
      assertEquals(before, content(copy), "nothing may be written");
      assertTrue(seconds < MOST_SECONDS, seconds + " s");
    }
    long more = peakBytes() - peak;
    peak += more;
    if (more > MUCH) {
      System.out.printf("%s: %s took %d MiB more%n", family.name(), damage.what(), more >> 20);
    }
    assertTrue(more < MOST_BYTES, "took %d more MiB".formatted(more >> 20));
  }

  /** The most memory that this process ever had resident, as Linux tells it; 0 elsewhere. */
  private static long peakBytes() throws IOException {
    Path status = Path.of("/proc/self/status");
    if (!Files.exists(status)) {
      return 0;
    }
    try (Stream<String> lines = Files.lines(status)) {
      return lines
          .filter(line -> line.startsWith("VmHWM:"))
          .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10)
          .findFirst()
          .orElse(0);
    }
  }

  private static Result run(String command, Path copy) {
    StringWriter err = new StringWriter();
    StringWriter out = new StringWriter();
    int status =
        Main.commandLine()
            .setErr(new PrintWriter(err))
            .setOut(new PrintWriter(out))
            .execute(command.replace("@", copy.toString()).split(" ", -1));
    return new Result(status, out.toString(), err.toString());
  }

  private static String succeed(String command, Path copy) {
    Result result = run(command, copy);
    assertEquals(0, result.status(), result.err());
    return result.out();
  }

  /** What a folder holds, but for locks: names, sizes, and what stands in files that are small. */
  private static Map<String, String> content(Path parent) throws IOException {
    Map<String, String> content = new TreeMap<>();
    try (Stream<Path> files = Files.walk(parent)) {
      for (Path file : files.filter(f -> !f.endsWith("lock")).toList()) {
        boolean small =
            Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS) && Files.size(file) < LARGE;
        content.put(
            parent.relativize(file).toString(),
            small
                ? Arrays.hashCode(Files.readAllBytes(file)) + " of " + Files.size(file)
                : "" + Files.size(file));
      }
    }
    return content;
  }

  private static void copy(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Path target = to.resolve(from.relativize(file));
        if (Files.isRegularFile(file) && Files.size(file) >= LARGE) { // of zeros, on no disk space
          Damage.setLength(target, Files.size(file));
        } else {
          Files.copy(file, target);
        }
      }
    }
  }

  private static void delete(Path parent) throws IOException {
    try (Stream<Path> files = Files.walk(parent)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.delete(file);
      }
    }
  }
}
