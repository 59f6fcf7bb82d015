package dev.pullback.train.huggingface;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.nn.Parameter;
import ai.djl.util.Pair;
import dev.pullback.engine.Safetensors;
import dev.pullback.engine.SafetensorsReader;
import dev.pullback.engine.TensorInfo;
import dev.pullback.optim.Kernels;
import dev.pullback.train.InputException;
import dev.pullback.train.model.LanguageModelBlock;
import dev.pullback.train.model.LanguageModelConfig;
import dev.pullback.train.model.Lora;
import dev.pullback.train.model.ModelFile;
import dev.pullback.train.model.Precision;
import dev.pullback.train.store.Checkpoint;
import java.io.IOException;
import java.util.Map;
import java.util.Optional;

/** The weights of a checkpoint, adapters added to them, one tensor at a time. */
final class RunWeights implements AutoCloseable {

  private final SafetensorsReader reader;
  private final Optional<Lora> lora;

  private RunWeights(SafetensorsReader reader, Optional<Lora> lora) {
    this.reader = reader;
    this.lora = lora;
  }

  /**
   * Opens a checkpoint.
   *
   * @throws InputException if a tensor is missing, is one too many or is not finite
   */
  static RunWeights open(Checkpoint checkpoint, LanguageModelConfig shape, Optional<Lora> lora)
      throws IOException {
    SafetensorsReader reader = Safetensors.open(ModelFile.find(checkpoint.folder()));
    try {
      Map<String, TensorInfo> found = reader.tensors();
      LanguageModelBlock block = shape.newBlock(0, Kernels.PORTABLE, Precision.FLOAT32);
      lora.ifPresent(block::adapt);
      for (Pair<String, Parameter> named : block.getParameters()) {
        TensorInfo tensor = found.remove(named.getKey());
        if (tensor == null || !tensor.is(named.getValue().getShape(), DataType.FLOAT32)) {
          throw misfit(checkpoint, named.getKey());
        }
      }
      for (String name : found.keySet()) {
        throw misfit(checkpoint, name);
      }
      HubFolder.requireFinite(reader, name -> true);
      return new RunWeights(reader, lora);
    } catch (RuntimeException e) {
      reader.close();
      throw e;
    }
  }

  private static InputException misfit(Checkpoint checkpoint, String name) {
    return new InputException(
        "%s does not fit its configuration: tensor %s is missing, of another shape, or one too many"
            .formatted(checkpoint.folder(), name));
  }

  /** Returns the parameter that a tensor is, in its own shape; zeros if it is none. */
  NDArray read(HubTensor tensor, NDManager manager) throws IOException {
    if (tensor.own() == null) {
      return manager.zeros(tensor.ownShape());
    }
    NDArray weight = HubFolder.read(reader, tensor.own(), tensor.ownShape(), manager);
    return lora.isPresent() ? lora.get().merged(reader, tensor.own(), weight) : weight;
  }

  @Override
  public void close() throws IOException {
    reader.close();
  }
}
