package dev.pullback.train.experiment;

import dev.pullback.train.data.DataDirectory;
import java.util.function.Consumer;

final class Cifar10Subject {
  static final String NAME = "cifar10";

  private Cifar10Subject() {}

  static Subject load(DataDirectory directory, Compute compute, Consumer<String> log) {
    return directory == null ? null : new RegressionSubject(dev.pullback.train.data.PolynomialData.load(directory), compute);
  }
}
