package dev.pullback.train.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.util.Pair;
import dev.pullback.engine.EngineSupport;
import dev.pullback.engine.Safetensors;
import dev.pullback.train.FailureReason;
import dev.pullback.train.InputException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** The weights of a block as safetensors, keyed by the parameters' paths. */
public final class ModelFile {

  private ModelFile() {}

  /**
   * Writes all parameters.
   *
   * @param block an initialised block
   * @param file where to write
   * @throws IOException if writing fails
   */
  public static void write(Block block, Path file) throws IOException {
    Map<String, NDArray> weights = new LinkedHashMap<>();
    for (Pair<String, Parameter> pair : block.getParameters()) {
      weights.put(pair.getKey(), pair.getValue().getArray());
    }
    try (OutputStream out = Files.newOutputStream(file)) {
      Safetensors.write(weights, out);
    }
  }

  /**
   * Replaces the weights of a block by a file's.
   *
   * @param block an initialised block of the same architecture
   * @param manager owns what is read for the time of the call
   * @param file a file that {@link #write} made
   * @throws InputException if the file is missing, not complete, or of another model; the block is
   *     then unchanged
   */
  public static void read(Block block, NDManager manager, Path file) {
    try (NDManager scratch = manager.newSubManager();
        InputStream in = Files.newInputStream(file)) {
      Map<String, NDArray> found = Safetensors.read(scratch, in, "it");
      check(block, found, file);
      for (Pair<String, Parameter> pair : block.getParameters()) {
        NDArray array = pair.getValue().getArray();
        EngineSupport.of(array).load(array, found.get(pair.getKey()));
      }
    } catch (IOException e) {
      throw new InputException("cannot read %s: %s".formatted(file, FailureReason.of(e)), e);
    }
  }

  private static void check(Block block, Map<String, NDArray> found, Path file) {
    for (Pair<String, Parameter> pair : block.getParameters()) {
      NDArray expected = pair.getValue().getArray();
      NDArray array = found.get(pair.getKey());
      if (array == null
          || !array.getShape().equals(expected.getShape())
          || array.getDataType() != expected.getDataType()) {
        throw new InputException(
            "%s does not fit the model: %s should be %s %s but is %s"
                .formatted(
                    file,
                    pair.getKey(),
                    expected.getShape(),
                    expected.getDataType(),
                    array == null ? "missing" : array.getShape() + " " + array.getDataType()));
      }
    }
    if (found.size() != block.getParameters().size()) {
      found.keySet().removeAll(block.getParameters().keys());
      throw new InputException(
          "%s does not fit the model, which has no %s"
              .formatted(file, String.join(", ", found.keySet())));
    }
  }
}
