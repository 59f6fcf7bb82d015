package dev.pullback.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.lifecycle.AfterContainer;
import net.jqwik.api.lifecycle.BeforeContainer;

/**
 * Files that nobody vouches for are read or refused on one line; nothing else happens, and little
 * is allocated. {@code -Djqwik.tries.default=1000000} tries more of them.
 */
class HostileSafetensorsTest {

  /** What reading a header of a few hundred bytes may take, buffers and messages included. */
  private static final long ALLOWANCE = 1 << 20;

  private static Path folder;
  private static Path file;
  private static NDManager manager;

  @BeforeContainer
  static void open() throws IOException {
    folder = Files.createTempDirectory("hostile");
    file = folder.resolve("model.safetensors");
    manager = NDManager.newBaseManager();
    for (int i = 0; i < 10; i++) { // what loading classes allocates is not a file's
      Files.write(file, new MutatedFile(new Random(i)).mutate().bytes(i % 3));
      try (SafetensorsReader reader = Safetensors.open(file)) {
        reader.requireFinite();
      } catch (IOException e) {
        assertIsOneLine(e, file);
      }
    }
  }

  @AfterContainer
  static void close() throws IOException {
    manager.close();
    for (String name :
        new String[] {"model.safetensors", "m.safetensors.index.json", "a.safetensors"}) {
      Files.deleteIfExists(folder.resolve(name));
    }
    Files.delete(folder);
  }

  @Provide
  Arbitrary<byte[]> goodFiles() {
    return Arbitraries.randomValue(random -> new MutatedFile(random).bytes(0));
  }

  @Provide
  Arbitrary<byte[]> damagedFiles() {
    return Arbitraries.randomValue(
        random -> {
          MutatedFile mutated = new MutatedFile(random);
          for (int i = random.nextInt(3); i > 0; i--) {
            mutated.mutate();
          }
          return mutated.bytes(random.nextInt(3));
        });
  }

  @Provide
  Arbitrary<byte[]> damagedIndexes() {
    String index = "{\"metadata\":{\"total_size\":4},\"weight_map\":{\"t0\":\"a.safetensors\"}}";
    return Arbitraries.randomValue(random -> MutatedFile.damaged(random, index));
  }

  @Property
  void goodFilesAreRead(@ForAll("goodFiles") byte[] content) throws IOException {
    write(file, content);
    assertTrue(isRead(file));
  }

  @Property
  void damagedFilesAreReadOrRefused(@ForAll("damagedFiles") byte[] content) throws IOException {
    write(file, content);
    isRead(file);
  }

  @Property
  void randomBytesAreRefused(@ForAll byte[] content) throws IOException {
    write(file, content);
    assertFalse(isRead(file));
  }

  @Property
  void damagedIndexesAreReadOrRefused(@ForAll("damagedIndexes") byte[] content) throws IOException {
    String header = "{\"t0\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}";
    write(folder.resolve("a.safetensors"), SafetensorsFiles.bytes(header, new byte[4]));
    Path index = folder.resolve("m.safetensors.index.json");
    write(index, content);
    isRead(index);
  }

  /** Some file systems wait for the disk when a file that exists is written anew. */
  private static void write(Path path, byte[] content) throws IOException {
    Files.deleteIfExists(path);
    Files.write(path, content);
  }

  private static boolean isRead(Path path) throws IOException {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long before = threads.getCurrentThreadAllocatedBytes();
    try (SafetensorsReader reader = Safetensors.open(path)) {
      assertTrue(threads.getCurrentThreadAllocatedBytes() - before < ALLOWANCE);
      readAll(reader, path);
      return true;
    } catch (IOException e) {
      assertTrue(threads.getCurrentThreadAllocatedBytes() - before < ALLOWANCE);
      assertIsOneLine(e, path);
      return false;
    }
  }

  private static void readAll(SafetensorsReader reader, Path path) throws IOException {
    long bytes = 0;
    for (Map.Entry<String, TensorInfo> named : reader.tensors().entrySet()) {
      bytes += named.getValue().bytes();
      try (NDArray array = reader.read(named.getKey(), manager)) {
        assertEquals(named.getValue().shape(), array.getShape());
      } catch (IOException e) {
        assertTrue(
            e.getMessage().contains("no arrays of") || e.getMessage().contains("no such array"),
            e.getMessage());
        assertIsOneLine(e, path);
      }
    }
    assertTrue(bytes <= Files.size(path) || path != file);
    try {
      reader.requireFinite();
    } catch (IOException e) {
      assertIsOneLine(e, path);
    }
  }

  private static void assertIsOneLine(IOException e, Path path) {
    String message = e.getMessage();
    String parent = path.getParent().toString();
    assertTrue(message.startsWith(parent), message);
    assertTrue(message.length() < 700 + parent.length(), message);
    assertTrue(
        message.chars().noneMatch(c -> Character.isISOControl(c) || c == 0x2028 || c == 0x2029),
        message);
    assertTrue(StandardCharsets.UTF_8.newEncoder().canEncode(message), "a lone surrogate");
  }
}
