package dev.pullback.optim.engine;

import ai.djl.engine.Engine;
import ai.djl.engine.EngineException;
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
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * A TorchScript program. Its source is a resource; libtorch compiles it when it is loaded, so that
 * no C++ has to be built. Lives as long as the process.
 *
 * @see <a href="https://pytorch.org/docs/stable/jit_language_reference.html">TorchScript</a>
 */
final class TorchProgram {

  /** An instance of class S of the source, without parameters, in pickle's protocol 2. */
  private static final String MODULE =
      "\u0080\u0002c__torch__\nS\n)\u0081}("
          + text("training")
          + "\u0089"
          + text("_is_full_backward_hook")
          + "Nub.";

  private static final String NO_CONSTANTS = "\u0080\u0002).";

  private final PtSymbolBlock module;

  private TorchProgram(PtSymbolBlock module) {
    this.module = module;
  }

  /**
   * Loads a program.
   *
   * @param name the resource {@code name.py} beside this class
   * @throws IllegalStateException if libtorch refuses it, for example because this version lacks an
   *     operator; the message names the program
   */
  static TorchProgram load(String name) {
    try (InputStream source = TorchProgram.class.getResourceAsStream(name + ".py")) {
      return compile(name, new String(source.readAllBytes(), StandardCharsets.UTF_8));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static TorchProgram compile(String name, String source) {
    PtNDManager manager = (PtNDManager) Engine.getEngine("PyTorch").newBaseManager();
    try (InputStream archive = new ByteArrayInputStream(archive(source))) {
      return new TorchProgram(JniUtils.loadModule(manager, archive, false, false));
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

  /** Runs a method without collecting gradients. The caller closes arguments and result. */
  IValue run(String method, IValue... arguments) {
    return IValueUtils.runMethod(module, method, arguments);
  }

  private static byte[] archive(String source) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      store(zip, "version", "3\n".getBytes(StandardCharsets.UTF_8));
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
