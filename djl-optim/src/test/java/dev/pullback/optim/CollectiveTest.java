package dev.pullback.optim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.ReentrantLock;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Ranks in threads against one optimiser that sees everything. */
class CollectiveTest {

  /** DJL collects gradients for one thread at a time. */
  private static final ReentrantLock GRADIENTS = new ReentrantLock();

  @AutoClose private final Resources open = new Resources();

  static List<OptimizerPropertiesTest.Row> rows() {
    return OptimizerPropertiesTest.rows();
  }

  private static StepOptimizerBuilder<?> sgd() {
    return Optimizers.builder("sgd_rms", Map.of("lr", 0.1));
  }

  /** A rank with a block and an optimiser of its own. */
  private record Rank(TensorsBlock block, StepOptimizer optimizer) {

    /** Adds the gradient of a part of a batch, and its loss. */
    void backward(int part) {
      backward(block.gradients(part), 1.0 + 1.0 / part);
    }

    void backward(List<double[]> gradients, double loss) {
      GRADIENTS.lock();
      try {
        block.backward(gradients);
      } finally {
        GRADIENTS.unlock();
      }
      optimizer.observeLoss(loss);
    }

    Snapshot snapshot() {
      return Snapshot.of(block, optimizer);
    }
  }

  private interface Training<T> {
    T run(Rank rank, Collective collective) throws Exception;
  }

  private static <T> List<T> onRanks(
      ThreadRanks ranks, DataType type, Settings settings, Training<T> training) throws Exception {
    return ThreadRanks.run(
        ranks,
        collective -> {
          try (NDManager manager = NDManager.newBaseManager();
              StepOptimizer optimizer = settings.builder().optCollective(collective).build()) {
            TensorsBlock block = TensorsBlock.ofEachRank(manager, type);
            optimizer.bind(block);
            return training.run(new Rank(block, optimizer), collective);
          }
        });
  }

  private interface Settings {
    StepOptimizerBuilder<?> builder();
  }

  @ParameterizedTest
  @MethodSource("rows")
  void ranksTakeTheStepOfTheWholeBatch(OptimizerPropertiesTest.Row row) throws Exception {
    Settings settings =
        () -> Optimizers.builder(row.name(), row.hyperparameters()).optClipGradientNorm(2);
    int steps = 4;
    TensorsBlock whole = open.block(DataType.FLOAT32);
    StepOptimizer alone = open.optimizer(whole, settings.builder().setRescaleGrad(0.25f));
    List<StepReport> expected = new ArrayList<>();
    for (int step = 0; step < steps; step++) {
      Rank one = new Rank(whole, alone);
      for (int part = 1; part <= 4; part++) {
        one.backward(10 * step + part);
      }
      alone.step();
      expected.add(alone.lastReport());
    }

    List<Snapshot> ranks =
        onRanks(
            new ThreadRanks(2),
            DataType.FLOAT32,
            () -> settings.builder().setRescaleGrad(0.5f), // two parts are accumulated
            (rank, collective) -> {
              for (int step = 0; step < steps; step++) {
                rank.backward(10 * step + 1 + collective.rank());
                rank.backward(10 * step + 3 + collective.rank());
                rank.optimizer().step();
                StepReport report = rank.optimizer().lastReport();
                assertEquals(expected.get(step).loss(), report.loss(), 1e-12);
                assertEquals(
                    expected.get(step).gradientNorm(),
                    report.gradientNorm(),
                    1e-5 * report.gradientNorm());
              }
              rank.optimizer().requireEqualRanks();
              return rank.snapshot();
            });

    assertEquals(ranks.get(0), ranks.get(1));
    for (int i = 0; i < whole.values().size(); i++) {
      double[] theirs =
          ranks.get(0).weights().get(i).stream().mapToDouble(Double::doubleValue).toArray();
      double difference = Golden.difference(whole.values(i), theirs, 1e-6);
      assertTrue(difference <= 2e-5, "tensor " + i + ": relative difference " + difference);
    }
  }

  /** Three sums fill more than one bucket, cut within an array. */
  @Test
  void largeArraysAreSummedInParts() throws Exception {
    int size = Ranks.BUCKET + 17;
    List<Boolean> right =
        ThreadRanks.run(
            new ThreadRanks(3),
            collective -> {
              try (NDManager manager = NDManager.newBaseManager()) {
                NDArray small = manager.arange(5f).add(collective.rank());
                NDArray large = manager.arange((float) size).mul(collective.rank());
                List<NDArray> means = new Ranks(collective).mean(List.of(small, large, small));
                float[] last = means.get(1).toFloatArray();
                return means.get(0).contentEquals(manager.arange(5f).add(1))
                    && means.get(2).contentEquals(means.get(0))
                    && means.get(1).contentEquals(manager.arange((float) size))
                    && last.length == size;
              }
            });
    assertEquals(List.of(true, true, true), right);
  }

  @Test
  void allRanksLeaveOutAStepThatOneOfThemCannotUse() throws Exception {
    List<Snapshot> ranks =
        onRanks(
            new ThreadRanks(2),
            DataType.FLOAT32,
            () -> sgd().optNonFinite(NonFinitePolicy.SKIP),
            (rank, collective) -> {
              rank.backward(1);
              rank.optimizer().step();
              Snapshot before = rank.snapshot();
              List<double[]> gradients = rank.block().gradients(2);
              gradients.get(0)[1] = collective.rank() == 1 ? Double.NaN : 0;
              rank.backward(gradients, 1);
              rank.optimizer().step();
              assertEquals(1, rank.optimizer().skippedSteps());
              assertEquals(before, rank.snapshot());
              rank.backward(3);
              rank.optimizer().step();
              return rank.snapshot();
            });
    assertEquals(ranks.get(0), ranks.get(1));
    assertEquals(2, ranks.get(0).step());
  }

  /** The sums of a step: two checksums, the loss, the gradients. */
  @ParameterizedTest
  @ValueSource(ints = {0, 1, 2, 3})
  void aStepThatFailsChangesNothing(int sums) throws Exception {
    onRanks(
        new ThreadRanks(2).failingAfter(sums),
        DataType.FLOAT32,
        CollectiveTest::sgd,
        (rank, collective) -> {
          rank.backward(1);
          List<double[]> weights = rank.block().values();
          double[] gradient = rank.block().gradient(0);
          UncheckedIOException e = assertThrows(UncheckedIOException.class, rank.optimizer()::step);
          Resources.assertSays(e, "rank 1 is gone");
          assertEquals(0, rank.optimizer().steps());
          for (int i = 0; i < weights.size(); i++) {
            assertArrayEquals(weights.get(i), rank.block().values(i), 0);
          }
          assertArrayEquals(gradient, rank.block().gradient(0), 0);
          return null;
        });
  }

  @Test
  void ranksThatBeganDifferentlyAreRefusedByName() throws Exception {
    IllegalStateException e =
        assertThrows(
            IllegalStateException.class,
            () ->
                onRanks(
                    new ThreadRanks(3),
                    DataType.FLOAT32,
                    CollectiveTest::sgd,
                    (rank, collective) -> {
                      if (collective.rank() == 2) {
                        rank.block().tensor(1).set(new float[] {1, 2, 3, 4});
                      }
                      rank.backward(1);
                      IllegalStateException own =
                          assertThrows(IllegalStateException.class, rank.optimizer()::step);
                      Resources.assertSays(own, "p1 of rank 2 differs");
                      throw own;
                    }));
    Resources.assertSays(e, "p1 of rank 2 differs");
  }

  @Test
  void aLossThatOneRankHasIsRefused() throws Exception {
    onRanks(
        new ThreadRanks(2),
        DataType.FLOAT32,
        CollectiveTest::sgd,
        (rank, collective) -> {
          if (collective.rank() == 0) {
            rank.optimizer().observeLoss(1);
          }
          Resources.assertSays(
              assertThrows(IllegalStateException.class, rank.optimizer()::step),
              "1 of 2 ranks have observed a loss");
          return null;
        });
  }

  @Test
  void doublesAreRefused() throws Exception {
    onRanks(
        new ThreadRanks(2),
        DataType.FLOAT64,
        CollectiveTest::sgd,
        (rank, collective) -> {
          rank.backward(1);
          Resources.assertSays(
              assertThrows(IllegalStateException.class, rank.optimizer()::step),
              "p0 is float64",
              "float32");
          return null;
        });
  }

  @Test
  void componentsOfTheLossAreAveragedOneByOne() throws Exception {
    Settings settings = () -> InducedMetric.sgdRms().optComponents(2).optLearningRate(0.1);
    TensorsBlock whole = open.block(DataType.FLOAT32);
    StepOptimizer alone = open.optimizer(whole, settings.builder().setRescaleGrad(0.5f));
    NDArray one = open.manager().create(1f);
    for (int component = 0; component < 2; component++) {
      whole.backward(whole.gradients(component));
      whole.backward(whole.gradients(5 + component));
      alone.endComponent(one);
    }
    alone.step();
    List<Snapshot> ranks =
        onRanks(
            new ThreadRanks(2),
            DataType.FLOAT32,
            settings,
            (rank, collective) -> {
              for (int component = 0; component < 2; component++) {
                GRADIENTS.lock();
                try {
                  rank.block().backward(rank.block().gradients(5 * collective.rank() + component));
                } finally {
                  GRADIENTS.unlock();
                }
                rank.optimizer().endComponent(rank.block().tensor(2).stopGradient());
              }
              rank.optimizer().step();
              return rank.snapshot();
            });
    assertEquals(ranks.get(0), ranks.get(1));
    double[] first =
        ranks.get(0).weights().get(0).stream().mapToDouble(Double::doubleValue).toArray();
    assertTrue(Golden.difference(whole.values(0), first, 1e-6) < 1e-5);
  }
}
