package dev.pullback.train.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.nn.Parameter;
import ai.djl.util.Pair;
import dev.pullback.engine.EngineSupport;
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
import java.util.Optional;

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
    read(weights(block), Map.of(), folderOrFile, SafetensorsReader::load);
  }

  /**
   * Replaces the weights of a block by those of a file, to which its adapters are added. Adapters
   * of the block itself stay as they are.
   *
   * @param block an initialised block of the same architecture
   * @param lora the adapters of the file, if it has any
   * @param folderOrFile what {@link #write} made
   * @throws InputException if the file is missing, not complete, or of another model, or if a
   *     weight in it is not finite; the block is then unchanged
   */
  public static void readMerged(Block block, Optional<Lora> lora, Path folderOrFile) {
    Map<String, NDArray> weights = weights(block);
    weights.keySet().removeIf(Lora::isAdapter);
    Map<String, Shape> adapters = new LinkedHashMap<>();
    lora.ifPresent(
        l -> weights.forEach((name, w) -> adapters.putAll(l.shapes(name, w.getShape()))));
    read(
        weights,
        adapters,
        folderOrFile,
        (reader, name, weight) -> {
          reader.load(name, weight);
          if (lora.isPresent() && lora.get().adapts(name)) {
            try (NDArray merged = lora.get().merged(reader, name, weight.duplicate())) {
              EngineSupport.of(weight).load(weight, merged);
            }
          }
        });
  }

  /** Takes one tensor of a file. */
  @FunctionalInterface
  private interface Taker {
    void take(SafetensorsReader reader, String name, NDArray weight) throws IOException;
  }

  /**
   * Reads a file.
   *
   * @param weights what is replaced
   * @param others the other tensors that the file has, of float32
   */
  private static void read(
      Map<String, NDArray> weights, Map<String, Shape> others, Path folderOrFile, Taker taker) {
    Path file = find(folderOrFile);
    try (SafetensorsReader reader = Safetensors.open(file)) {
      Map<String, TensorInfo> found = reader.tensors();
      others.forEach((name, shape) -> check(name, shape, DataType.FLOAT32, found, file));
      check(weights, found, file);
      reader.requireFinite();
      for (Map.Entry<String, NDArray> named : weights.entrySet()) {
        taker.take(reader, named.getKey(), named.getValue());
      }
    } catch (IOException e) {
      throw new InputException(e.getMessage(), e); // begins with the file
    }
  }

  /**
   * Finds the weights of a folder, as {@link #write} and Hugging Face's libraries name them, which
   * take the single file if there is an index of several, too.
   *
   * @param folderOrFile a folder, or the file itself
   * @return the file or the index, whether or not it is there
   */
  public static Path find(Path folderOrFile) {
    if (!Files.isDirectory(folderOrFile)) {
      return folderOrFile;
    }
    Path single = folderOrFile.resolve(SINGLE);
    Path index = folderOrFile.resolve(INDEX);
    return Files.exists(index) && !Files.exists(single) ? index : single;
  }

  private static void check(
      Map<String, NDArray> weights, Map<String, TensorInfo> found, Path file) {
    weights.forEach(
        (name, weight) -> check(name, weight.getShape(), weight.getDataType(), found, file));
    if (!found.isEmpty()) {
      throw new InputException(
          "%s does not fit the model, which has no %s"
              .formatted(file, String.join(", ", found.keySet())));
    }
  }

  /** Takes a tensor out of those that were found. */
  private static void check(
      String name, Shape shape, DataType type, Map<String, TensorInfo> found, Path file) {
    TensorInfo tensor = found.remove(name);
    if (tensor == null || !tensor.is(shape, type)) {
      throw new InputException(
          "%s does not fit the model: %s should be %s %s but is %s"
              .formatted(
                  file,
                  name,
                  shape,
                  type,
                  tensor == null ? "missing" : tensor.shape() + " " + tensor.dtype()));
    }
  }
}
