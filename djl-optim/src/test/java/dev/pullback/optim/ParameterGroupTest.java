package dev.pullback.optim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Rules for groups of parameters, from Java and from text. */
class ParameterGroupTest {

  private static final double TOLERANCE = 1e-12;

  @AutoClose private final Resources open = new Resources();

  /** Each parameter moves as it does under its group's rule alone. */
  @ParameterizedTest
  @EnumSource(
      value = Kernels.class,
      names = {"PORTABLE", "AUTO"})
  void aGroupIsTrainedByItsRule(Kernels kernels) {
    List<ParameterGroup> groups =
        List.of(
            ParameterGroup.of("first", p -> p.path().equals("p0"), Rules.lion(0.9, 0.99))
                .withRateFactor(0.5),
            ParameterGroup.of("matrices", ParameterInfo::isMatrix, Rules.sgd(0.5)),
            ParameterGroup.rest(Rules.adam(0.9, 0.99, 1e-8)).withDecayFactor(0));
    TensorsBlock block = train(StepOptimizer.builder(groups), 0.1, 0.2, kernels);
    TensorsBlock lion = train(StepOptimizer.builder(Rules.lion(0.9, 0.99)), 0.05, 0.2, kernels);
    TensorsBlock adam = train(StepOptimizer.builder(Rules.adam(0.9, 0.99, 1e-8)), 0.1, 0, kernels);
    assertArrayEquals(lion.values(0), block.values(0), TOLERANCE);
    assertArrayEquals(adam.values(1), block.values(1), TOLERANCE);
    assertArrayEquals(adam.values(2), block.values(2), TOLERANCE);
  }

  private TensorsBlock train(
      StepOptimizerBuilder<?> builder, double rate, double decay, Kernels kernels) {
    TensorsBlock block = open.block(DataType.FLOAT64);
    builder.optLearningRate(rate).optWeightDecay(decay).optKernels(kernels);
    block.train(open.optimizer(block, builder), 1, 4);
    return block;
  }

  /** T is the sum over all groups, of what is linear and of the magnitude of what is not. */
  @ParameterizedTest
  @EnumSource(
      value = Kernels.class,
      names = {"PORTABLE", "AUTO"})
  void theTraceSumsOverAllGroups(Kernels kernels) {
    List<StepReport> reports = new ArrayList<>();
    UpdateRule flat = Rules.preconditioned(AmbientMetric.euclidean(), 0.9);
    for (List<ParameterGroup> groups :
        List.of(
            List.of(
                ParameterGroup.of("matrices", ParameterInfo::isMatrix, flat),
                ParameterGroup.rest(Rules.adam(0.9, 0, 0))),
            List.of(
                ParameterGroup.of("matrices", ParameterInfo::isMatrix, Rules.lion(0.9, 0.99)),
                ParameterGroup.rest(flat)))) {
      TensorsBlock block = open.block(DataType.FLOAT64);
      StepOptimizer optimizer =
          open.optimizer(
              block,
              InducedMetric.over(groups)
                  .optBeta(0)
                  .optXi(0.25)
                  .optKernels(kernels)
                  .optReportListener(reports::add));
      block.train(optimizer, 1, 1);
    }
    List<double[]> g = open.block(DataType.FLOAT64).gradients(1);
    // With a decay rate of 0 the RMS metric divides by the magnitude.
    double first = square(g.get(0)) + magnitude(g.get(1)) + magnitude(g.get(2));
    // Lion's first direction is the sign.
    double second = magnitude(g.get(0)) + square(g.get(1)) + square(g.get(2));
    assertEquals(first, reports.get(0).trace(), TOLERANCE * first);
    assertEquals(1 / (1 + 0.25 * first), reports.get(0).metricScale(), TOLERANCE);
    assertEquals(second, reports.get(1).trace(), TOLERANCE * second);
  }

  private static double square(double[] values) {
    return Arrays.stream(values).map(x -> x * x).sum();
  }

  private static double magnitude(double[] values) {
    return Arrays.stream(values).map(Math::abs).sum();
  }

  @Test
  void aParameterThatNoGroupTakesIsNamed() {
    TensorsBlock block = open.block(DataType.FLOAT64);
    StepOptimizer optimizer =
        open.optimizer(
            block,
            StepOptimizer.builder(
                List.of(ParameterGroup.of("matrices", ParameterInfo::isMatrix, Rules.sgd(0)))));
    block.prepare(optimizer, 1);
    Resources.assertSays(assertThrows(IllegalStateException.class, optimizer::step), "p1", "rest");
  }

  @Test
  void theExactFormIsNotForRulesThatAreNotLinear() {
    Resources.assertSays(
        assertThrows(
            IllegalArgumentException.class,
            () -> InducedMetric.over(Rules.lion(0.9, 0.99)).optExact().build()),
        "lion",
        "not linear");
  }

  @Test
  void aRelativeXiExcludesOtherForms() {
    for (InducedMetric.Builder builder :
        List.of(
            InducedMetric.sgdRms().optRelativeXi(1).optXi(0.1),
            InducedMetric.sgdRms().optXi(0.1).optRelativeXi(1),
            InducedMetric.sgdRms().optRelativeXi(1).optExact())) {
      Resources.assertSays(
          assertThrows(IllegalArgumentException.class, builder::build), "relative xi excludes");
    }
  }

  @Test
  void groupsAreReadFromText() {
    List<ParameterGroup> groups =
        GroupsText.parse(
            "/emb|head/: adam lr=0.3 decay=0 beta2=0.98; matrices: muon momentum=0.9; rest: nadam");
    Recipe recipe = new Recipe("groups", groups, null, Map.of());
    ParameterGroup embedding = recipe.groupOf(info("01embedding", 4, 2));
    assertEquals(Rules.adam(0.9, 0.98, 1e-8), embedding.rule());
    assertEquals(0.3, embedding.rateFactor());
    assertEquals(0, embedding.decayFactor());
    assertEquals(Rules.muon(0.9, 1e-8, false), recipe.groupOf(info("02linear", 4, 2)).rule());
    assertEquals("nadam", recipe.groupOf(info("03bias", 4)).rule().name());
  }

  private static ParameterInfo info(String path, long... shape) {
    return new ParameterInfo(path, new Shape(shape), DataType.FLOAT32);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '`',
      value = {
        "`` | is not WHICH: RULE",
        "adam | is not WHICH: RULE",
        "rest: | is not WHICH: RULE",
        "rest: adam; | is not WHICH: RULE",
        "rest: adamm | 'adamm', which is none of adam, gradient",
        "some: adam | neither matrices, others, rest nor a pattern",
        "/[/: adam | pattern with an error",
        "rest: adam lr | has 'lr', but takes beta1=, beta2=, decay=, eps=, lr=",
        "rest: adam momentum=0.9 | has 'momentum=0.9'",
        "rest: adam lr=fast | no number",
        "rest: adam beta1=1 | beta1 must be in [0, 1)",
        "rest: adam lr=-1 | learning-rate factor of the group rest",
      })
  void whatCannotBeReadIsNamed(String text, String message) {
    Resources.assertSays(
        assertThrows(IllegalArgumentException.class, () -> Optimizers.groups(text)), message);
  }
}
