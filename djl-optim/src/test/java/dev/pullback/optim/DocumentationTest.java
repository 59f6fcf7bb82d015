package dev.pullback.optim;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.nn.Block;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.DoubleSupplier;
import java.util.function.IntFunction;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Holds the pages to the library: hyperparameters, defaults, and the Java on them. */
class DocumentationTest {

  private static final Path ROOT = Path.of(System.getProperty("pullback.root", ".."));
  private static final Path PAGES = ROOT.resolve("docs/optimizers");
  private static final Pattern ROW =
      Pattern.compile(
          "^\\| `(\\w+)` \\| `--([\\w-]+)` \\| [^|]+ \\| ([^| ]+) \\|", Pattern.MULTILINE);
  private static final Pattern SNIPPET = Pattern.compile("```java\n(.*?)```", Pattern.DOTALL);

  /** Snippets see the public API only, and the arguments of this method. */
  private static final String WRAPPING =
      """
      package pages;
      import ai.djl.engine.*;
      import ai.djl.ndarray.*;
      import ai.djl.ndarray.types.*;
      import ai.djl.nn.*;
      import ai.djl.training.*;
      import ai.djl.training.loss.*;
      import ai.djl.training.tracker.*;
      import dev.pullback.optim.*;
      import java.nio.file.*;
      import java.util.*;
      import java.util.function.*;
      public class %s {
        public static void run(
            Block block, IntFunction<NDArray> lossOf, DoubleSupplier evaluate, Path file)
            throws Exception {
      %s
        }
      }
      """;

  @AutoClose private final Resources open = new Resources();

  static Stream<String> names() {
    return Optimizers.all().stream().map(OptimizerSpec::name);
  }

  @ParameterizedTest
  @MethodSource("names")
  void everyOptimizerHasAPageWithItsHyperparameters(String name) throws IOException {
    OptimizerSpec spec = Optimizers.byName(name);
    Map<String, Double> expected = new TreeMap<>(spec.defaults());
    expected.put("lr", spec.learningRate());
    expected.put("weight_decay", 0.0);

    String page = Files.readString(PAGES.resolve(name + ".md"));
    assertTrue(page.startsWith("# `" + name + "`\n"), "the title");
    Map<String, Double> found = new TreeMap<>();
    Matcher row = ROW.matcher(page);
    while (row.find()) {
      found.put(row.group(1), Double.valueOf(row.group(3)));
      assertEquals(row.group(1).replace('_', '-'), row.group(2), "the flag");
    }
    assertEquals(expected, found);
    String index = Files.readString(PAGES.resolve("README.md"));
    assertTrue(index.contains("| [`%s`](%s.md) |".formatted(name, name)), "a row of the index");
  }

  @ParameterizedTest
  @MethodSource("names")
  void theIndexSaysWhatHasANativeKernel(String name) throws IOException {
    assumeTrue(
        Engine.getDefaultEngineName().equals("PyTorch"), "the other engines run no programs");
    String row =
        Files.readAllLines(PAGES.resolve("README.md")).stream()
            .filter(line -> line.startsWith("| [`%s`]".formatted(name)))
            .findFirst()
            .orElseThrow();
    TensorsBlock block = open.block(DataType.FLOAT32);
    StepOptimizer optimizer =
        open.optimizer(block, Optimizers.builder(name, Map.of()).optKernels(Kernels.NATIVE));
    if (row.endsWith("| yes |")) {
      block.train(optimizer, 1, 1);
      assertEquals(1, optimizer.steps());
    } else {
      assertTrue(row.endsWith("| no |"), row);
      Executable step = () -> block.train(optimizer, 1, 1);
      Resources.assertSays(assertThrows(IllegalStateException.class, step), "no native step");
    }
  }

  @Test
  void theJavaOnThePagesCompilesAndRuns(@TempDir Path folder)
      throws IOException, ReflectiveOperationException {
    List<String> snippets = new ArrayList<>();
    List<String> arguments =
        new ArrayList<>(
            List.of("-proc:none", "-classpath", System.getProperty("java.class.path"), "-d"));
    arguments.add(folder.toString());
    for (Path page : pages()) {
      Matcher snippet = SNIPPET.matcher(Files.readString(page));
      while (snippet.find()) {
        String name = page.getFileName().toString().replaceAll("\\W", "_") + snippets.size();
        Path source = folder.resolve(name + ".java");
        Files.writeString(source, WRAPPING.formatted(name, snippet.group(1)));
        snippets.add("pages." + name);
        arguments.add(source.toString());
      }
    }
    assertTrue(snippets.size() > Optimizers.all().size(), "snippets found: " + snippets.size());

    ByteArrayOutputStream messages = new ByteArrayOutputStream();
    int status =
        ToolProvider.getSystemJavaCompiler()
            .run(null, null, messages, arguments.toArray(String[]::new));
    assertEquals(0, status, () -> messages.toString(StandardCharsets.UTF_8));

    try (URLClassLoader loader =
        new URLClassLoader(new URL[] {folder.toUri().toURL()}, getClass().getClassLoader())) {
      for (String name : snippets) {
        TensorsBlock block = open.block(DataType.FLOAT32);
        IntFunction<NDArray> lossOf = part -> block.loss(block.gradients(part));
        DoubleSupplier evaluate = () -> block.values(0)[0];
        loader
            .loadClass(name)
            .getMethod("run", Block.class, IntFunction.class, DoubleSupplier.class, Path.class)
            .invoke(null, block, lossOf, evaluate, folder.resolve("state.safetensors"));
      }
    }
  }

  private static List<Path> pages() throws IOException {
    List<Path> pages = new ArrayList<>();
    pages.add(ROOT.resolve("README.md"));
    pages.add(ROOT.resolve("docs/general-metric.md"));
    try (Stream<Path> files = Files.list(PAGES)) {
      files.sorted().forEach(pages::add);
    }
    return pages;
  }
}
