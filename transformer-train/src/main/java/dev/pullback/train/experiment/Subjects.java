package dev.pullback.train.experiment;

import dev.pullback.train.InputException;
import dev.pullback.train.data.Cifar10;
import dev.pullback.train.data.DataDirectory;
import dev.pullback.train.data.Mnist;
import dev.pullback.train.data.PolynomialData;
import dev.pullback.train.data.TinyShakespeare;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** The data sets, loaded when they are first asked for. */
final class Subjects {

  /** All names, from the quickest to train to the slowest. */
  static final List<String> NAMES =
      List.of(RegressionSubject.NAME, Mnist.NAME, ShakespeareSubject.NAME, Cifar10.NAME);

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
      case RegressionSubject.NAME -> new RegressionSubject(PolynomialData.load(directory), compute);
      case Mnist.NAME -> ImageSubject.mnist(directory, compute, log);
      case ShakespeareSubject.NAME ->
          new ShakespeareSubject(new TinyShakespeare().load(directory, log).text(), compute);
      default -> ImageSubject.cifar10(directory, compute, log);
    };
  }
}
