package dev.pullback.engine;

import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValue;
import ai.djl.pytorch.jni.IValueUtils;
import ai.djl.pytorch.jni.JniUtils;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A TorchScript program. Its source is a resource; libtorch compiles it when it is loaded, so that
 * no C++ has to be built. Lives as long as the process.
 *
 * @see <a href="https://pytorch.org/docs/stable/jit_language_reference.html">TorchScript</a>
 */
final class TorchProgram implements Program {

  /** The property by which a program chooses for the models that DJL itself runs. */
  private static final String GRAPH_OPTIMIZER = "ai.djl.pytorch.graph_optimizer";

  private static final Logger LOG = LoggerFactory.getLogger(TorchProgram.class);

  /** An instance of class S of the source, without parameters, in pickle's protocol 2. */
  private static final String MODULE =
      "\u0080\u0002c__torch__\nS\n)\u0081}("
          + text("training")
          + "\u0089"
          + text("_is_full_backward_hook")
          + "Nub.";

  private static final String NO_CONSTANTS = "\u0080\u0002).";

  /** Every program of the process, or why it could not be loaded. */
  private static final Map<String, Loaded> LOADED = new ConcurrentHashMap<>();

  private static final Pattern METHOD =
      Pattern.compile("def (?<name>\\w+)\\(self: [\\w.]+(?<parameters>[^)]*)\\)");

  private static final Pattern PARAMETER = Pattern.compile(",\\s*(\\w+):");

  private final PtSymbolBlock module;
  private final Map<String, List<String>> parameters;

  private TorchProgram(PtSymbolBlock module, Map<String, List<String>> parameters) {
    this.module = module;
    this.parameters = parameters;
  }

  private record Loaded(TorchProgram program, String failure) {}

  /**
   * Returns a program, loading it when it is first asked for.
   *
   * @param owner the class beside which the source lies
   * @param name the resource {@code name.py}
   * @throws IllegalStateException if libtorch refuses it
   */
  static TorchProgram of(Class<?> owner, String name) {
    Loaded loaded =
        LOADED.computeIfAbsent(owner.getPackageName() + "." + name, key -> load(owner, name));
    if (loaded.program() == null) {
      throw new IllegalStateException(loaded.failure());
    }
    return loaded.program();
  }

  private static Loaded load(Class<?> owner, String name) {
    try (InputStream source = owner.getResourceAsStream(name + ".py")) {
      return new Loaded(
          compile(name, new String(source.readAllBytes(), StandardCharsets.UTF_8)), null);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (IllegalStateException e) {
      LOG.warn("{}; computing portably", e.getMessage());
      return new Loaded(null, e.getMessage());
    }
  }

  static TorchProgram compile(String name, String source) {
    PtNDManager manager = (PtNDManager) Engine.getEngine("PyTorch").newBaseManager();
    try (InputStream archive = new ByteArrayInputStream(archive(source))) {
      return new TorchProgram(
          JniUtils.loadModule(manager, archive, false, false), parameters(source));
    } catch (EngineException e) {
      manager.close();
      throw new IllegalStateException(
          "The program '%s' does not run on PyTorch %s: %s"
              .formatted(
                  name,
                  Engine.getEngine("PyTorch").getVersion(),
                  e.getMessage().strip().lines().findFirst().orElse("")),
          e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public double[] run(String method, Map<String, ?> arguments) {
    List<String> names = parameters.get(method);
    if (names == null || !arguments.keySet().equals(Set.copyOf(names))) {
      throw new IllegalArgumentException(
          "The program has %s%s, but was given %s"
              .formatted(method, names == null ? " not" : names, arguments.keySet()));
    }
    IValue[] values = new IValue[names.size()];
    try {
      for (int i = 0; i < values.length; i++) {
        values[i] = value(arguments.get(names.get(i)));
      }
      return asWritten(
          () -> {
            try (IValue result = IValueUtils.runMethod(module, method, values)) {
              return result.toDoubleArray();
            }
          });
    } finally {
      for (IValue value : values) {
        if (value != null) {
          value.close();
        }
      }
    }
  }

  private static IValue value(Object argument) {
    if (argument instanceof NDList list) {
      return IValue.listFrom(list.stream().map(PtNDArray.class::cast).toArray(PtNDArray[]::new));
    }
    if (argument instanceof Double number) {
      return IValue.from(number);
    }
    if (argument instanceof Long number) {
      return IValue.from(number);
    }
    if (argument instanceof Boolean choice) {
      return IValue.from(choice);
    }
    throw new IllegalArgumentException("A program takes no " + argument);
  }

  /** Reads off the source what the methods call their arguments. */
  private static Map<String, List<String>> parameters(String source) {
    Map<String, List<String>> parameters = new HashMap<>();
    Matcher methods = METHOD.matcher(source);
    while (methods.find()) {
      parameters.put(
          methods.group("name"),
          PARAMETER.matcher(methods.group("parameters")).results().map(r -> r.group(1)).toList());
    }
    return parameters;
  }

  /** DJL makes one list of the arrays that have the same name with brackets. */
  @Override
  public NDArray forward(List<NDList> arrays) {
    NDList named = new NDList();
    List<String> names = new ArrayList<>();
    for (int i = 0; i < arrays.size(); i++) {
      for (NDArray array : arrays.get(i)) {
        names.add(array.getName());
        array.setName("list" + i + "[]");
        named.add(array);
      }
    }
    try {
      return asWritten(() -> IValueUtils.forward(module, named, true).singletonOrThrow());
    } finally {
      for (int i = 0; i < named.size(); i++) {
        named.get(i).setName(names.get(i));
      }
    }
  }

  /**
   * Runs a program as it is written. The executor's optimiser rewrites it after its first calls,
   * differentiation included, and then rounds differently: a resumed run would not equal one that
   * was not interrupted. It is chosen per thread.
   */
  private static <T> T asWritten(Supplier<T> call) {
    JniUtils.setGraphExecutorOptimize(false);
    try {
      return call.get();
    } finally {
      JniUtils.setGraphExecutorOptimize(!"false".equals(System.getProperty(GRAPH_OPTIMIZER)));
    }
  }

  private static byte[] archive(String source) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      store(zip, "version", "10\n".getBytes(StandardCharsets.UTF_8));
      store(zip, "constants.pkl", NO_CONSTANTS.getBytes(StandardCharsets.ISO_8859_1));
      store(zip, "data.pkl", MODULE.getBytes(StandardCharsets.ISO_8859_1));
      store(zip, "code/__torch__.py", source.getBytes(StandardCharsets.UTF_8));
    }
    return bytes.toByteArray();
  }

  /** Entries of an archive are not compressed. */
  private static void store(ZipOutputStream zip, String name, byte[] content) throws IOException {
    CRC32 checksum = new CRC32();
    checksum.update(content);
    ZipEntry entry = new ZipEntry("program/" + name);
    entry.setMethod(ZipEntry.STORED);
    entry.setSize(content.length);
    entry.setCrc(checksum.getValue());
    zip.putNextEntry(entry);
    zip.write(content);
    zip.closeEntry();
  }

  /** A pickled string of fewer than 256 characters. */
  private static String text(String value) {
    return "X" + (char) value.length() + "\0\0\0" + value;
  }
}
