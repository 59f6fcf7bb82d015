package dev.pullback.bench.defaults;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.DataType;
import ai.djl.nn.Activation;
import ai.djl.nn.Block;
import ai.djl.nn.Blocks;
import ai.djl.nn.LambdaBlock;
import ai.djl.nn.SequentialBlock;
import ai.djl.nn.core.Linear;
import ai.djl.nn.recurrent.LSTM;
import ai.djl.nn.transformer.BertBlock;
import ai.djl.training.loss.Loss;
import dev.pullback.train.data.Mnist;
import dev.pullback.train.model.Gelu;
import dev.pullback.train.model.GptBlock;
import dev.pullback.train.model.GptConfig;
import dev.pullback.train.model.Initialization;
import dev.pullback.train.model.ResNet18;
import dev.pullback.train.model.TokenCrossEntropy;
import java.util.List;

/** Programs of different size and kind, each some seconds to three minutes on two cores. */
final class Programs {

  private static final int CONTEXT = 32;
  private static final int GPT_CONTEXT = 64;
  private static final int GPT_BATCH = 12;
  private static final int GPT_STEPS = 500;

  static final List<TrainingProgram> ALL =
      List.of(
          new TrainingProgram(
              "mlp",
              "MLP 784-128-64-10, MNIST, 1 epoch of batch 64",
              true,
              1,
              seed -> mlp(),
              Loss::softmaxCrossEntropyLoss,
              manager -> ProgramData.mnist(manager, 60_000, 64)),
          new TrainingProgram(
              "lstm",
              "LSTM of 64 over the rows of MNIST, half an epoch of batch 64",
              true,
              1,
              seed -> lstm(),
              Loss::softmaxCrossEntropyLoss,
              manager -> ProgramData.mnist(manager, 30_000, 64)),
          new TrainingProgram(
              "resnet",
              "ResNet-18, CIFAR-10's first batch (10,000 images) once, batch 16",
              true,
              1,
              ResNet18::new,
              Loss::softmaxCrossEntropyLoss,
              manager -> ProgramData.cifar(manager, 10_000, 1_000, 16)),
          new TrainingProgram(
              "encoder",
              "DJL's BERT of 2 layers, width 64: a hidden character of 32, 500 steps of batch 32",
              true,
              1,
              seed -> encoder(),
              Loss::softmaxCrossEntropyLoss,
              manager -> ProgramData.hiddenCharacters(manager, 500 * 32, CONTEXT, 32)),
          new TrainingProgram(
              "gpt",
              "GPT of `nanogpt-cpu`, %d steps at a constant rate".formatted(GPT_STEPS),
              false,
              1,
              Programs::gpt,
              TokenCrossEntropy::new,
              manager ->
                  ProgramData.nextCharacters(
                      manager, GPT_STEPS * GPT_BATCH, GPT_CONTEXT, GPT_BATCH)),
          new TrainingProgram(
              "regression",
              "MLP 4-32-32-1, polynomial regression, 20 epochs of batch 64",
              false,
              20,
              seed -> regression(),
              SquaredError::new,
              manager -> ProgramData.polynomial(manager, 64)));

  private Programs() {}

  private static Block mlp() {
    return new SequentialBlock()
        .add(Blocks.batchFlattenBlock((long) Mnist.SIDE * Mnist.SIDE))
        .add(Linear.builder().setUnits(128).build())
        .add(Activation.reluBlock())
        .add(Linear.builder().setUnits(64).build())
        .add(Activation.reluBlock())
        .add(Linear.builder().setUnits(Mnist.CLASSES).build());
  }

  private static Block lstm() {
    return new SequentialBlock()
        .add(LSTM.builder().setStateSize(64).setNumLayers(1).optBatchFirst(true).build())
        .add(LambdaBlock.singleton(states -> states.get(new NDIndex(":, -1"))))
        .add(Linear.builder().setUnits(Mnist.CLASSES).build());
  }

  private static Block encoder() {
    return new SequentialBlock()
        .add(new LambdaBlock(Programs::bertInputs))
        .add(
            BertBlock.builder()
                .setTokenDictionarySize(ProgramData.CHARACTERS + 1)
                .optTypeDictionarySize(1)
                .optEmbeddingSize(64)
                .optTransformerBlockCount(2)
                .optAttentionHeadCount(4)
                .optHiddenSize(256)
                .optMaxSequenceLength(CONTEXT)
                .build())
        .add(
            new LambdaBlock(
                outputs -> new NDList(outputs.get(0).get(new NDIndex(":, {}", CONTEXT / 2)))))
        .add(Linear.builder().setUnits(ProgramData.CHARACTERS).build());
  }

  /** Tokens, types (all alike) and masks (nothing is padding). */
  private static NDList bertInputs(NDList inputs) {
    NDArray tokens = inputs.singletonOrThrow();
    NDManager manager = tokens.getManager();
    return new NDList(
        tokens,
        manager.zeros(tokens.getShape(), DataType.INT64),
        manager.ones(tokens.getShape(), DataType.INT64));
  }

  private static Block gpt(long seed) {
    return new GptBlock(
        new GptConfig(
            ProgramData.CHARACTERS,
            GPT_CONTEXT,
            4,
            4,
            128,
            0,
            true,
            false,
            Gelu.ERF,
            1e-5,
            Initialization.GPT2),
        seed);
  }

  private static Block regression() {
    return new SequentialBlock()
        .add(Linear.builder().setUnits(32).build())
        .add(Activation.geluBlock())
        .add(Linear.builder().setUnits(32).build())
        .add(Activation.geluBlock())
        .add(Linear.builder().setUnits(1).build());
  }
}
