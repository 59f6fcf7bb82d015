package dev.pullback.engines;

import static org.junit.jupiter.api.Assertions.assertEquals;

import ai.djl.Model;
import ai.djl.engine.Engine;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.training.GradientCollector;
import ai.djl.training.ParameterStore;
import dev.pullback.engine.HostValues;
import dev.pullback.optim.Optimizers;
import dev.pullback.optim.StepOptimizer;
import dev.pullback.train.model.Gelu;
import dev.pullback.train.model.GptBlock;
import dev.pullback.train.model.GptConfig;
import dev.pullback.train.model.Initialization;
import dev.pullback.train.model.TokenCrossEntropy;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Both engines compute the same model. Operators have float32 constants inside, even in float64.
 */
class GptPrecisionTest {

  private static final int VOCABULARY = 11;
  private static final int CONTEXT = 16;
  private static final int BATCH = 3;

  @ParameterizedTest
  @CsvSource({
    "float64, adamw, ERF, true, 1e-8",
    "float64, sgd_rms, TANH, false, 1e-8",
    "float32, adamw, TANH, false, 1e-5",
    "float32, sgd_rms, ERF, true, 1e-5",
  })
  void lossesOfBothEnginesAgree(
      String type, String optimizer, Gelu gelu, boolean bias, double tolerance) {
    DataType dataType = DataType.valueOf(type.toUpperCase(Locale.ROOT));
    double[] torch = train("PyTorch", dataType, optimizer, gelu, bias);
    double[] mxnet = train("MXNet", dataType, optimizer, gelu, bias);
    for (int step = 0; step < torch.length; step++) {
      assertEquals(torch[step], mxnet[step], tolerance * torch[step], "step " + (step + 1));
    }
  }

  private static double[] train(
      String engine, DataType type, String name, Gelu gelu, boolean bias) {
    double[] losses = new double[5];
    try (Model model = Model.newInstance("gpt", engine);
        StepOptimizer optimizer = Optimizers.builder(name, Map.of("lr", 1e-2)).build()) {
      NDManager manager = model.getNDManager();
      GptBlock block =
          new GptBlock(
              new GptConfig(
                  VOCABULARY, CONTEXT, 2, 2, 16, 0, true, bias, gelu, 1e-5, Initialization.GPT2),
              1);
      model.setBlock(block);
      block.initialize(manager, type, new Shape(1, CONTEXT));
      optimizer.bind(block);
      ParameterStore store = new ParameterStore(manager, false);
      long[] tokens = new Random(1).longs(BATCH * CONTEXT, 0, VOCABULARY).toArray();
      NDArray batch = HostValues.on(manager).create(tokens, new Shape(BATCH, CONTEXT));
      for (int step = 0; step < losses.length; step++) {
        try (GradientCollector collector = Engine.getEngine(engine).newGradientCollector()) {
          NDList logits = block.forward(store, new NDList(batch), true);
          NDArray loss = new TokenCrossEntropy().evaluate(new NDList(batch), logits);
          collector.backward(loss);
          losses[step] = loss.toType(DataType.FLOAT64, true).getDouble();
        }
        optimizer.step();
      }
    }
    return losses;
  }
}
