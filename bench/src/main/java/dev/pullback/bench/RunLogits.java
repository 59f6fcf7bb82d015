package dev.pullback.bench;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pullback.train.config.RunConfig;
import dev.pullback.train.store.RunFolder;
import dev.pullback.train.task.LanguageModel;
import java.nio.file.Path;
import java.util.Arrays;

/**
 * Prints the logits of a run's latest model after each of some tokens, as JSON, for {@code
 * bench/peers/hub_logits.py}.
 */
final class RunLogits {

  private RunLogits() {}

  /**
   * Prints them.
   *
   * @param args the run's folder, then tokens
   */
  public static void main(String[] args) {
    RunFolder run = RunFolder.open(Path.of(args[0]));
    long[] tokens = Arrays.stream(args).skip(1).mapToLong(Long::parseLong).toArray();
    RunConfig config = RunConfig.read(run.config());
    config.engine().load(0);
    ObjectNode json = new ObjectMapper().createObjectNode();
    ArrayNode rows = json.putArray("logits");
    try (LanguageModel model = LanguageModel.load(run.latest().orElseThrow(), config);
        NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      NDArray input = model.manager().create(tokens, new Shape(1, tokens.length));
      float[] logits =
          model.withoutGradients(
              () ->
                  model
                      .block()
                      .forward(model.store(), new NDList(input), false)
                      .singletonOrThrow()
                      .toFloatArray());
      int width = logits.length / tokens.length;
      for (int i = 0; i < logits.length; i++) {
        if (i % width == 0) {
          rows.addArray();
        }
        ((ArrayNode) rows.get(i / width)).add(logits[i]);
      }
    }
    System.out.println(json);
  }
}
