package dev.pullback.train.experiment;

import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import dev.pullback.tokenizer.CharTokenizer;
import dev.pullback.train.InputException;
import dev.pullback.train.data.Cifar10;
import dev.pullback.train.data.DataDirectory;
import dev.pullback.train.data.LabelledImages;
import dev.pullback.train.data.Mnist;
import dev.pullback.train.data.PolynomialData;
import dev.pullback.train.data.TinyShakespeare;
import dev.pullback.train.data.TokenData;
import dev.pullback.train.model.Mlp;
import dev.pullback.train.model.ResNet18;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.function.LongFunction;

/** The data sets, loaded when they are first asked for. */
final class Subjects {

  static final String REGRESSION = "regression";
  static final String SHAKESPEARE = "shakespeare";

  /** All names, from the quickest to train to the slowest. */
  static final List<String> NAMES = List.of(REGRESSION, Mnist.NAME, SHAKESPEARE, Cifar10.NAME);

  private final Map<String, Subject> loaded = new HashMap<>();
  private final DataDirectory directory;
  private final Compute compute;
  private final Consumer<String> log;

  Subjects(DataDirectory directory, Compute compute, Consumer<String> log) {
    this.directory = directory;
    this.compute = compute;
    this.log = log;
  }

  /**
   * Returns a data set with its model.
   *
   * @throws InputException if there is none of that name, or its files cannot be had
   */
  Subject get(String name) {
    return loaded.computeIfAbsent(name, this::load);
  }

  /**
   * Refuses a name that is none.
   *
   * @throws InputException if there is no data set of that name
   */
  void checkName(String name) {
    if (!NAMES.contains(name)) {
      throw new InputException(
          "There is no data set '%s'; choose one of %s".formatted(name, String.join(", ", NAMES)));
    }
  }

  private Subject load(String name) {
    checkName(name);
    return switch (name) {
      case REGRESSION -> regression();
      case Mnist.NAME -> mnist();
      case SHAKESPEARE -> shakespeare();
      default -> cifar10();
    };
  }

  private Subject regression() {
    PolynomialData data = PolynomialData.load(directory);
    return new Subject(
        "test MSE", Goal.LOWER, 200, seed -> new RegressionWorkload(data, compute, seed));
  }

  /** The MLP 784-64-64-10; the batches are shuffled once. */
  private Subject mnist() {
    Mnist mnist = new Mnist();
    LabelledImages train = mnist.train(directory, log);
    int pixels = Math.toIntExact(train.shape().size());
    return classifier(
        200,
        new Images(train, mnist.test(directory, log), false, 1024, new Shape(1, pixels)),
        seed -> new Mlp(seed, pixels, 64, 64, Mnist.CLASSES));
  }

  /** ResNet-18, without augmentation; reshuffled every epoch. */
  private Subject cifar10() {
    Cifar10 cifar = new Cifar10();
    LabelledImages train = cifar.train(directory, log);
    log.accept("Training on " + train.source());
    return classifier(
        400,
        new Images(
            train,
            cifar.test(directory, log),
            true,
            256,
            new Shape(1, 3, ResNet18.SIDE, ResNet18.SIDE)),
        seed -> new ResNet18(seed, compute.kernels(), compute.precision()));
  }

  private Subject classifier(int epochs, Images images, LongFunction<Block> block) {
    return new Subject(
        "test accuracy",
        Goal.HIGHER,
        epochs,
        seed ->
            new ImageWorkload(
                new ModelInMemory(compute.engine(), block.apply(seed), images.input()),
                images,
                seed));
  }

  private Subject shakespeare() {
    String text = new TinyShakespeare().load(directory, log).text();
    CharTokenizer tokenizer = CharTokenizer.fromText(text);
    TokenData data = TokenData.split(tokenizer.encode(text), ShakespeareWorkload.CONTEXT);
    return new Subject(
        "validation perplexity",
        Goal.LOWER,
        250,
        seed -> new ShakespeareWorkload(data, tokenizer.vocabularySize(), compute, seed));
  }
}
