package dev.pullback.train.evaluate;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.types.Shape;
import dev.pullback.engine.HostValues;
import dev.pullback.train.config.RunConfig;
import dev.pullback.train.huggingface.HubFolder;
import dev.pullback.train.huggingface.HubGolden;
import dev.pullback.train.store.RunFolder;
import dev.pullback.train.task.LanguageModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;

/** Models that transformers wrote, and what they expect, computed one window at a time. */
final class GoldenModel {

  private GoldenModel() {}

  static LanguageModel load(String name, Path folder) throws IOException {
    Path run = folder.resolve(name + "-run");
    RunConfig config = new HubFolder(HubGolden.folder(name, folder.resolve(name))).importTo(run);
    return LanguageModel.load(RunFolder.open(run).latest().orElseThrow(), config);
  }

  /** Returns the cross entropy of each token of a window but the first, in nats. */
  static double[] losses(LanguageModel model, long... window) {
    long[] inputs = Arrays.copyOf(window, window.length - 1);
    float[] logits;
    try (NDArray tokens =
            HostValues.on(model.manager()).create(inputs, new Shape(1, inputs.length));
        NDList out = model.block().forward(model.store(), new NDList(tokens), false)) {
      logits = out.singletonOrThrow().toFloatArray();
    }
    int vocabulary = logits.length / inputs.length;
    double[] losses = new double[inputs.length];
    for (int i = 0; i < losses.length; i++) {
      double sum = 0;
      for (int token = 0; token < vocabulary; token++) {
        sum += Math.exp(logits[i * vocabulary + token]);
      }
      losses[i] = Math.log(sum) - logits[i * vocabulary + (int) window[i + 1]];
    }
    return losses;
  }
}
