package dev.pullback.train.task;

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
import java.util.function.Supplier;

/** The data sets, loaded when their data are first asked for. */
public final class Subjects {

  public static final String REGRESSION = "regression";
  public static final String SHAKESPEARE = "shakespeare";

  /** All names, from the quickest to train to the slowest. */
  public static final List<String> NAMES =
      List.of(REGRESSION, Mnist.NAME, SHAKESPEARE, Cifar10.NAME);

  private final Map<String, Subject.Data> loaded = new HashMap<>();
  private final DataDirectory directory;
  private final Compute compute;
  private final Consumer<String> log;

  public Subjects(DataDirectory directory, Compute compute, Consumer<String> log) {
    this.directory = directory;
    this.compute = compute;
    this.log = log;
  }

  /**
   * Returns a data set with its model.
   *
   * @throws InputException if there is none of that name
   */
  public Subject get(String name) {
    return switch (name) {
      case REGRESSION -> subject(name, "test MSE", Goal.LOWER, 200, this::regression);
      case Mnist.NAME -> subject(name, "test accuracy", Goal.HIGHER, 200, this::mnist);
      case SHAKESPEARE ->
          subject(name, "validation perplexity", Goal.LOWER, 250, this::shakespeare);
      case Cifar10.NAME -> subject(name, "test accuracy", Goal.HIGHER, 400, this::cifar10);
      default ->
          throw new InputException(
              "There is no data set '%s'; choose one of %s"
                  .formatted(name, String.join(", ", NAMES)));
    };
  }

  private Subject subject(
      String name, String metric, Goal goal, int epochs, Supplier<Subject.Data> data) {
    return new Subject(metric, goal, epochs, () -> loaded.computeIfAbsent(name, key -> data.get()));
  }

  private Subject.Data regression() {
    PolynomialData data = PolynomialData.load(directory);
    return new Subject.Data(
        PolynomialData.TRAIN, seed -> new RegressionWorkload(data, compute, seed));
  }

  /** The MLP 784-64-64-10; the batches are shuffled once. */
  private Subject.Data mnist() {
    Mnist mnist = new Mnist();
    LabelledImages train = mnist.train(directory, log);
    int pixels = Math.toIntExact(train.shape().size());
    return classifier(
        new Images(train, mnist.test(directory, log), false, 1024, new Shape(1, pixels)),
        seed -> new Mlp(seed, pixels, 64, 64, Mnist.CLASSES));
  }

  /** ResNet-18, without augmentation; reshuffled every epoch. */
  private Subject.Data cifar10() {
    Cifar10 cifar = new Cifar10();
    LabelledImages train = cifar.train(directory, log);
    log.accept("Training on " + train.source());
    return classifier(
        new Images(
            train,
            cifar.test(directory, log),
            true,
            256,
            new Shape(1, 3, ResNet18.SIDE, ResNet18.SIDE)),
        seed -> new ResNet18(seed, compute.kernels(), compute.precision()));
  }

  private Subject.Data classifier(Images images, LongFunction<Block> block) {
    return new Subject.Data(
        images.train().size(),
        seed ->
            new ImageWorkload(
                new ModelInMemory(compute.engine(), block.apply(seed), images.input()),
                images,
                seed));
  }

  private Subject.Data shakespeare() {
    String text = new TinyShakespeare().load(directory, log).text();
    CharTokenizer tokenizer = CharTokenizer.fromText(text);
    TokenData data = TokenData.split(tokenizer.encode(text), ShakespeareWorkload.CONTEXT);
    return new Subject.Data(
        ShakespeareWorkload.windows(data.train()),
        seed -> new ShakespeareWorkload(data, tokenizer.vocabularySize(), compute, seed));
  }
}
