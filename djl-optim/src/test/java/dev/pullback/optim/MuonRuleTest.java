package dev.pullback.optim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** What a matrix is to Muon. */
class MuonRuleTest {

  private static final int TALL = 7;
  private static final int SHORT = 3;
  private static final int STEPS = 4;

  @AutoClose private final Resources open = new Resources();

  /** What a matrix is to Muon. */
  private enum Role {
    LINEAR,
    EMBEDDING
  }

  @ParameterizedTest
  @CsvSource({
    "01Embedding_embedding, 3, embeddings",
    "BertBlock_positionEmbedding, 3, embeddings",
    "02Linear_weight, 3, matrices",
    "embedding_norm, 3, matrices",
    "embedding, 0, rest",
  })
  void djlsEmbeddingsAreKnownByTheirNames(String path, long columns, String group) {
    ParameterInfo info =
        new ParameterInfo(path, columns == 0 ? new Shape(2) : new Shape(2, columns), null);
    List<ParameterGroup> groups = Rules.muonGroups(0.9, 0.9, 0.99, 1e-8);
    assertEquals(group, new Recipe("muon", groups, null, Map.of()).groupOf(info).name());
  }

  /**
   * Two matrices and a vector under either kernels; only the second matrix decays, so that native
   * programs take it first.
   */
  @ParameterizedTest
  @EnumSource(
      value = Kernels.class,
      names = {"PORTABLE", "AUTO"})
  void anEmbeddingIsATransposedLinearWeight(Kernels kernels) {
    TensorsBlock linear = train(kernels, Role.LINEAR, Role.LINEAR);
    TensorsBlock mixed = train(kernels, Role.EMBEDDING, Role.LINEAR);
    TensorsBlock other = train(kernels, Role.LINEAR, Role.EMBEDDING);
    assertArrayEquals(linear.values(0), transposed(mixed.values(0)), 1e-12);
    assertArrayEquals(linear.values(1), mixed.values(1), 1e-12);
    assertArrayEquals(linear.values(0), other.values(0), 1e-12);
    assertArrayEquals(linear.values(1), transposed(other.values(1)), 1e-12);
    assertArrayEquals(linear.values(2), other.values(2));
  }

  @Test
  void aVectorIsRefusedByName() {
    TensorsBlock block = open.block(DataType.FLOAT64);
    StepOptimizer optimizer =
        open.optimizer(block, StepOptimizer.builder(Rules.muon(0.9, 1e-8, false)));
    block.prepare(optimizer, 1);
    IllegalStateException e = assertThrows(IllegalStateException.class, optimizer::step);
    Resources.assertSays(e, "matrices only", "p1", "group");
  }

  /** Trains on values and gradients that are the same but for their order in memory. */
  private TensorsBlock train(Kernels kernels, Role first, Role second) {
    TensorsBlock block = new TensorsBlock(open.manager());
    Random random = new Random(5);
    add(block, random, first);
    add(block, random, second);
    block.add(random.doubles(SHORT).toArray(), DataType.FLOAT64, SHORT);
    StepOptimizerBuilder<?> builder = StepOptimizer.builder(groups(first, second));
    builder.optLearningRate(0.1).optWeightDecay(0.1).optKernels(kernels);
    builder.optDecayMask(p -> p.path().equals("p1"));
    StepOptimizer optimizer = open.optimizer(block, builder);
    for (int step = 0; step < STEPS; step++) {
      List<double[]> gradients = new ArrayList<>();
      gradients.add(matrix(random, first));
      gradients.add(matrix(random, second));
      gradients.add(random.doubles(SHORT).toArray());
      block.backward(gradients);
      optimizer.step();
    }
    return block;
  }

  private static List<ParameterGroup> groups(Role first, Role second) {
    Map<String, Role> roles = Map.of("p0", first, "p1", second);
    return List.of(
        ParameterGroup.of(
            "embeddings", p -> roles.get(p.path()) == Role.EMBEDDING, Rules.muon(0.9, 1e-8, true)),
        ParameterGroup.of("matrices", ParameterInfo::isMatrix, Rules.muon(0.9, 1e-8, false)),
        ParameterGroup.rest(Rules.nesterovAdam(0.8, 0.9, 1e-8)));
  }

  private static void add(TensorsBlock block, Random random, Role role) {
    boolean linear = role == Role.LINEAR;
    block.add(matrix(random, role), DataType.FLOAT64, linear ? TALL : SHORT, linear ? SHORT : TALL);
  }

  private static double[] matrix(Random random, Role role) {
    double[] values = random.doubles(TALL * SHORT, -1, 1).toArray();
    return role == Role.LINEAR ? values : transpose(values, TALL, SHORT);
  }

  private static double[] transposed(double[] values) {
    return transpose(values, SHORT, TALL);
  }

  private static double[] transpose(double[] values, int rows, int columns) {
    double[] turned = new double[values.length];
    for (int i = 0; i < rows; i++) {
      for (int j = 0; j < columns; j++) {
        turned[j * rows + i] = values[i * columns + j];
      }
    }
    return turned;
  }
}
