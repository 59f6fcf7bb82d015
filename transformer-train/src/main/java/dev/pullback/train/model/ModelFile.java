package dev.pullback.train.model;

import ai.djl.ndarray.NDArray;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.util.Pair;
import dev.pullback.engine.Safetensors;
import dev.pullback.engine.SafetensorsReader;
import dev.pullback.engine.TensorInfo;
import dev.pullback.train.InputException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** The weights of a block as safetensors, keyed by the parameters' paths. */
public final class ModelFile {

  /** How the files' names begin, here as in Hugging Face's libraries. */
  private static final String BASE_NAME = "model";

  private static final String SINGLE = BASE_NAME + ".safetensors";
  private static final String INDEX = SINGLE + ".index.json";

  private ModelFile() {}

  /**
   * Writes all parameters: {@code model.safetensors}, or if they are larger than that, several
   * files with an index.
   *
   * @param block an initialised block
   * @param files makes the files
   * @param maxShardBytes the most bytes of weights in a file; see {@link
   *     Safetensors#DEFAULT_SHARD_BYTES}
   * @throws IOException if writing fails
   */
  public static void write(Block block, Safetensors.FileSink files, long maxShardBytes)
      throws IOException {
    Safetensors.writeSharded(weights(block), Map.of(), BASE_NAME, maxShardBytes, files);
  }

  /**
   * Writes all parameters into one file.
   *
   * @param block an initialised block
   * @param file where to write
   * @throws IOException if writing fails
   */
  public static void write(Block block, Path file) throws IOException {
    try (OutputStream out = Files.newOutputStream(file)) {
      Safetensors.write(weights(block), Map.of(), out);
    }
  }

  private static Map<String, NDArray> weights(Block block) {
    Map<String, NDArray> weights = new LinkedHashMap<>();
    for (Pair<String, Parameter> pair : block.getParameters()) {
      weights.put(pair.getKey(), pair.getValue().getArray());
    }
    return weights;
  }

  /**
   * Replaces the weights of a block by those of a file. The file is read twice: once to check it,
   * once into the weights.
   *
   * @param block an initialised block of the same architecture
   * @param folderOrFile what {@link #write} made: a file, an index, or the folder of either
   * @throws InputException if the file is missing, not complete, or of another model, or if a
   *     weight in it is not finite; the block is then unchanged
   */
  public static void read(Block block, Path folderOrFile) {
    Path file = find(folderOrFile);
    Map<String, NDArray> weights = weights(block);
    try (SafetensorsReader reader = Safetensors.open(file)) {
      check(weights, reader.tensors(), file);
      reader.requireFinite();
      for (Map.Entry<String, NDArray> named : weights.entrySet()) {
        reader.load(named.getKey(), named.getValue());
      }
    } catch (IOException e) {
      throw new InputException(e.getMessage(), e); // begins with the file
    }
  }

  /**
   * Finds the weights of a folder, as {@link #write} and Hugging Face's libraries name them.
   *
   * @param folderOrFile a folder, or the file itself
   * @return the file or the index, whether or not it is there
   */
  public static Path find(Path folderOrFile) {
    if (!Files.isDirectory(folderOrFile)) {
      return folderOrFile;
    }
    Path index = folderOrFile.resolve(INDEX);
    return Files.exists(index) ? index : folderOrFile.resolve(SINGLE);
  }

  private static void check(
      Map<String, NDArray> weights, Map<String, TensorInfo> found, Path file) {
    for (Map.Entry<String, NDArray> named : weights.entrySet()) {
      NDArray expected = named.getValue();
      TensorInfo tensor = found.remove(named.getKey());
      if (tensor == null || !tensor.is(expected.getShape(), expected.getDataType())) {
        throw new InputException(
            "%s does not fit the model: %s should be %s %s but is %s"
                .formatted(
                    file,
                    named.getKey(),
                    expected.getShape(),
                    expected.getDataType(),
                    tensor == null ? "missing" : tensor.shape() + " " + tensor.dtype()));
      }
    }
    if (!found.isEmpty()) {
      throw new InputException(
          "%s does not fit the model, which has no %s"
              .formatted(file, String.join(", ", found.keySet())));
    }
  }
}
