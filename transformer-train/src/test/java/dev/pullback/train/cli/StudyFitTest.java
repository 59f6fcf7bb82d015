package dev.pullback.train.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.pullback.train.report.StudyReport;
import dev.pullback.train.study.Study;
import dev.pullback.train.study.StudyPlan;
import dev.pullback.train.study.TinyStudy;
import dev.pullback.train.study.TrialSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code study fit}, of a folder whose losses are those of a known law. */
class StudyFitTest {

  private static final String PLAN =
      """
      base:
        preset: nanogpt-cpu
        data: %s
        layers: 1
        heads: 2
        context: 16
        threads: 1
      sizes:
      %s
      tuning: {points: 4, seed: 9}
      evaluation: {seeds: [1, 2, 3, 4, 5]}
      optimizers:
        adamw:
          optimizer: adamw
          search: {lr: [3e-4, 3e-2, log]}
        cross:
          optimizer: sgd_rms_cross
          coupling: -0.5
          search: {lr: [3e-4, 3e-2, log], xi: [1e-6, 1e-1, log]}
      """;

  /** Deviations of the log loss by seed, which sum up to 0. */
  private static final double[] SEEDS = {-0.002, 0.001, 0.0005, 0, 0.0005};

  @TempDir private Path folder;
  private Path out;
  private StudyPlan plan;

  @FunctionalInterface
  private interface Law {
    double loss(String optimizer, long parameters, long tokens);
  }

  /**
   * Starts a study of one layer and these widths, 12 w² weights, named w8-20 for 20 tokens each.
   */
  private void start(String... sizes) throws IOException {
    Path text = Files.writeString(folder.resolve("text.txt"), "To be, or not to be. ".repeat(30));
    StringBuilder lines = new StringBuilder();
    for (String size : sizes) {
      int width = Integer.parseInt(size.substring(1, size.indexOf('-')));
      int tokens = 12 * width * width * Integer.parseInt(size.substring(size.indexOf('-') + 1));
      lines.append("  %s: {width: %d, max-tokens: %d}\n".formatted(size, width, tokens));
    }
    Path file = folder.resolve("plan.yaml");
    Files.writeString(file, PLAN.formatted(text, lines.toString()));
    out = folder.resolve("study");
    Study.start(file, out);
    plan = study().plan();
  }

  private Study study() {
    return new Study(out, "test", () -> false, line -> {});
  }

  /** Lets all trials be complete; the best tuning point of size i is i modulo 4. */
  private void finish(Law law, Set<String> optimizers) throws IOException {
    finish(law, optimizers, plan.sizes().keySet());
  }

  private void finish(Law law, Set<String> optimizers, Set<String> sizes) throws IOException {
    int number = 0;
    for (String size : sizes) {
      long n = plan.sizes().get(size).weights();
      long tokens = n * Integer.parseInt(size.substring(size.indexOf('-') + 1));
      for (StudyPlan.Entry entry : plan.entries()) {
        if (!optimizers.contains(entry.name())) {
          continue;
        }
        List<TrialSpec> tuning = plan.tuning(size, entry);
        for (int i = 0; i < tuning.size(); i++) {
          TinyStudy.finish(out, tuning.get(i), i == number % 4 ? 3.0 : 4.0, tokens);
        }
        List<TrialSpec> evaluation = plan.evaluation(size, entry, tuning.get(number % 4));
        double loss = law.loss(entry.name(), n, tokens);
        for (int i = 0; i < evaluation.size(); i++) {
          TinyStudy.finish(out, evaluation.get(i), loss * Math.exp(SEEDS[i]), tokens);
        }
      }
      number++;
    }
  }

  private static double oneRatio(String optimizer, long parameters) {
    double efficiency = optimizer.equals("cross") ? 1.25 : 1;
    return 0.9 + 30 * Math.pow(efficiency * parameters, -0.35);
  }

  private static double both(String optimizer, long parameters, long tokens) {
    boolean cross = optimizer.equals("cross");
    return 0.9
        + 30 * Math.pow((cross ? 1.2 : 1) * parameters, -0.35)
        + 60 * Math.pow((cross ? 1.5 : 1) * tokens, -0.3);
  }

  private JsonNode fit() throws IOException {
    return new ObjectMapper().readTree(out.resolve("fit.json").toFile());
  }

  @Test
  void aLawOfOneRatioComesBack() throws IOException {
    start("w8-20", "w16-20", "w32-20", "w64-20");
    finish((name, n, tokens) -> oneRatio(name, n), Set.of("adamw", "cross"));
    String text = InProcess.run("study fit --out " + out + " --draws 80");
    assertTrue(text.startsWith(Files.readString(out.resolve("fit.md"))), text);
    assertHas(text, "    L(N) = E + A / (rho N)^alpha");
    assertHas(text, "| alpha | 0.3500 | 0.3500 | [0.3");
    assertHas(text, "| rho cross | 1.250 | 1.250 | [1.2");
    assertHas(text, "- cross: one parameter counts as 1.250 [1.2");
    assertHas(text, "] of those of adamw, better (with its tokens, as all runs have one ratio");
    assertHas(text, "| cross | 768 | 15360 | 1.250 [1.2");
    assertHas(text, "- N = 49152, D = 983040, 5 seeds, adamw: ");
    assertHas(text, "came out, inside the interval.");
    assertHas(text, "- No measured speed-up: it takes adamw with two numbers of tokens");
    assertHas(text, "- No learning-rate sensitivity of cross: it takes tuning of lr alone.");

    JsonNode json = fit();
    assertEquals(40, json.path("law").path("points").asInt());
    JsonNode a = json.path("law").path("parameters").get(1);
    assertEquals(30, a.path("variableProjection").asDouble(), 0.1);
    assertEquals(30, a.path("lbfgs").path("value").asDouble(), 0.1);
    assertEquals(2, json.path("heldOut").size());
    double largest = oneRatio("adamw", 49152);
    assertEquals(largest, json.path("heldOut").get(0).path("observed").asDouble(), 1e-9);
    assertEquals(
        largest,
        json.path("heldOut").get(0).path("predicted").path("value").asDouble(),
        1e-3 * largest);
    thePageHasTheLaw();
  }

  @Test
  void whatIsNotEvaluatedIsPredictedAsThoughItWereHeldOut() throws IOException {
    start("w8-20", "w16-20", "w32-20", "w64-20");
    Law law = (name, n, tokens) -> oneRatio(name, n);
    List<String> sizes = List.copyOf(plan.sizes().keySet());
    finish(law, Set.of("adamw", "cross"), new LinkedHashSet<>(sizes.subList(0, 3)));
    String text = InProcess.run("study fit --out " + out + " --draws 80");
    assertHas(text, "## What is not evaluated yet, predicted");
    assertHas(text, "- N = 49152, D = 983040, 5 seeds, cross: ");
    JsonNode predictions = fit().path("predictions");
    assertEquals(2, predictions.size());

    finish(law, Set.of("adamw", "cross"), Set.of(sizes.get(3)));
    text = InProcess.run("study fit --out " + out + " --draws 80");
    assertFalse(text.contains("not evaluated yet"), text);
    for (int i = 0; i < 2; i++) {
      JsonNode heldOut = fit().path("heldOut").get(i);
      assertEquals(predictions.get(i).path("predicted"), heldOut.path("predicted"));
    }
  }

  @Test
  void oneSeedOfAnOptimiserIsNoPredictionYet() throws IOException {
    start("w8-20", "w16-20", "w32-20", "w64-20");
    Law law = (name, n, tokens) -> oneRatio(name, n);
    finish(law, Set.of("adamw"));
    Set<String> smaller = new LinkedHashSet<>(List.of("w8-20", "w16-20", "w32-20"));
    finish(law, Set.of("cross"), smaller);
    StudyPlan.Entry cross = plan.entries().get(1);
    for (String size : smaller) {
      for (TrialSpec trial : plan.evaluation(size, cross, plan.tuning(size, cross).get(0))) {
        if (!trial.folder().endsWith("seed-1")) {
          Files.delete(out.resolve(trial.folder()).resolve("row.json"));
        }
      }
    }
    String text = InProcess.run("study fit --out " + out + " --draws 80");
    assertHas(text, "- No prediction of cross: it takes two seeds at one size.");
  }

  @Test
  void ratesThatDivergedCountAsIfTheyHadStayedWhereTheyBegan() throws IOException {
    start("w8-20", "w16-20");
    finish((name, n, tokens) -> oneRatio(name, n), Set.of("adamw"));
    List<TrialSpec> tuning = new ArrayList<>(plan.tuning("w8-20", plan.entries().get(0)));
    tuning.sort(Comparator.comparing(trial -> trial.config().options().lr));
    double[] losses = {3.0, 2.0, 90.0};
    for (int i = 0; i < 3; i++) {
      TinyStudy.finish(out, tuning.get(i), losses[i], 15360);
    }
    TinyStudy.finish(out, tuning.get(3), null);
    TinyStudy.log(out, tuning.get(0), 5.0);
    InProcess.run("study fit --out " + out);
    JsonNode sensitivity = fit().path("sensitivities").get(0);
    assertEquals(4, sensitivity.path("rates").asInt());
    assertEquals(2, sensitivity.path("diverged").asInt());
    double[] rates = tuning.stream().mapToDouble(t -> Math.log(t.config().options().lr)).toArray();
    double area =
        2.5 * (rates[1] - rates[0]) + 3.5 * (rates[2] - rates[1]) + 5 * (rates[3] - rates[2]);
    assertEquals(
        area / (rates[3] - rates[0]) - 2, sensitivity.path("sensitivity").asDouble(), 1e-9);
  }

  @Test
  void tuningThatIsNotCompleteHasNoSensitivity() throws IOException {
    start("w8-20", "w16-20");
    finish((name, n, tokens) -> oneRatio(name, n), Set.of("adamw"));
    Path row =
        out.resolve(plan.tuning("w8-20", plan.entries().get(0)).get(3).folder())
            .resolve("row.json");
    Files.delete(row);
    String text = InProcess.run("study fit --out " + out);
    assertHas(text, "- No learning-rate sensitivity of adamw at size w8-20: ");
    assertEquals(1, fit().path("sensitivities").size());
  }

  private void thePageHasTheLaw() throws IOException {
    String page = StudyReport.of(study(), "adamw").html();
    String begin = "<script id=\"data\" type=\"application/json\">";
    String data = page.substring(page.indexOf(begin) + begin.length());
    JsonNode law =
        new ObjectMapper()
            .readTree(data.substring(0, data.indexOf("</script>")))
            .path("fit")
            .path("law");
    JsonNode curve = law.path("curves").get(1);
    assertEquals("cross", curve.path("optimizer").asText());
    assertEquals(4, curve.path("points").size());
    JsonNode last = curve.path("line").get(24);
    assertEquals(49152, last.path("parameters").asDouble(), 1e-6);
    double loss = oneRatio("cross", 49152);
    assertEquals(loss, last.path("value").path("value").asDouble(), 1e-3 * loss);
    assertTrue(last.path("value").path("low").asDouble() < loss);
    assertNotNull(law.path("efficiencies").get(0).path("sentence").textValue());
  }

  @Test
  void tunedValuesAndSensitivityAreThoseOfTheTrials() throws IOException {
    start("w8-20", "w16-20");
    finish((name, n, tokens) -> oneRatio(name, n), Set.of("adamw"));
    String text = InProcess.run("study fit --out " + out);
    assertHas(
        text,
        "- No law: it takes evaluation trials of adamw at 3 sizes or more; there are some at 2.");
    assertHas(text, "- No evaluation trial is complete of cross, so no law has it.");
    assertHas(text, "- No trial of cross is complete so far.");
    assertHas(text, "[unbounded, unbounded], no change");
    JsonNode json = fit();
    assertTrue(json.path("law").isNull());
    // Two optima determine the line.
    StudyPlan.Entry adamw = plan.entries().get(0);
    double[] rates =
        plan.tuning("w8-20", adamw).stream()
            .mapToDouble(trial -> Double.parseDouble(trial.config().values().get("lr")))
            .toArray();
    JsonNode tuned = json.path("hyperparameters").get(0);
    double b = Math.log(rates[1] / rates[0]) / Math.log(4);
    assertEquals(b, tuned.path("exponent").path("value").asDouble(), 1e-9);
    assertTrue(tuned.path("exponent").path("high").isNull(), tuned.toString());
    assertEquals(rates[0], tuned.path("line").get(0).path("value").path("value").asDouble(), 1e-9);
    JsonNode sensitivity = json.path("sensitivities").get(0);
    assertEquals(4, sensitivity.path("rates").asInt());
    assertEquals(rates[0], sensitivity.path("best").asDouble(), 1e-12);
    double loss = sensitivity.path("sensitivity").asDouble();
    assertTrue(loss > 0.5 && loss < 1, "1 at all rates but the best, " + loss);
  }

  @Test
  void aLawOfSizeAndTokensHasSpeedUpsOfBothKinds() throws IOException {
    start("w8-5", "w8-20", "w8-80", "w16-5", "w16-20", "w16-80", "w32-20");
    finish(StudyFitTest::both, Set.of("adamw", "cross"));
    String text = InProcess.run("study fit --out " + out + " --draws 80");
    assertHas(text, ", better | unbounded, better |");
    JsonNode json = fit();
    JsonNode efficiency = json.path("law").path("efficiencies").get(0);
    assertEquals(1.2, ratio(efficiency.path("parameters")), 0.01);
    assertEquals(1.5, ratio(efficiency.path("tokens")), 0.01);
    assertEquals("better", efficiency.path("tokens").path("verdict").asText());
    assertEquals(20, json.path("law").path("tokensPerParameter").asDouble());
    JsonNode at = json.path("speedUps").get(1);
    assertEquals(12 * 64 * 20, at.path("tokens").asInt());
    // Tokens at which adamw has the loss of cross, over those of cross.
    double left = both("cross", 768, 15360) - 0.9 - 30 * Math.pow(768, -0.35);
    double expected = Math.pow(60 / left, 1 / 0.3) / 15360;
    assertEquals(expected, ratio(at.path("ofLaw")), 0.02 * expected);
    // What was measured is straight between 20 and 80 tokens a weight, where the law is bent.
    assertEquals(expected, ratio(at.path("measured")), 0.1 * expected);
    JsonNode most = json.path("speedUps").get(2).path("measured");
    assertTrue(most.path("ratio").path("value").isNull(), "adamw never has that loss: " + most);
  }

  @Test
  void aLawHasTheSizesThatAreAskedForAndOptimisersWithThreeOfThem() throws IOException {
    start("w8-5", "w8-20", "w16-20", "w32-20", "w64-20");
    Law bent = (name, n, tokens) -> tokens < 8 * n ? 9 : oneRatio(name, n);
    finish(bent, Set.of("adamw"));
    finish(bent, Set.of("cross"), Set.of("w8-20", "w16-20"));
    String fit = "study fit --draws 80 --out " + out;
    String text = InProcess.run(fit + " --sizes w8-20,w16-20,w32-20,w64-20");
    assertHas(text, "    L(N) = E + A / (rho N)^alpha");
    assertHas(text, "| alpha | 0.3500 | 0.3500 | [0.3");
    assertHas(text, "- Left out of the law, evaluated at fewer than 3 sizes: cross.");
    assertEquals(1, fit().path("heldOut").size());
    assertHas(InProcess.run(fit), "    L(N, D) = E + ");
    assertHas(
        InProcess.refused(fit + " --sizes w8-20,w9"),
        "the plan has no size 'w9'; it has w8-5, w8-20, w16-20, w32-20, w64-20");
  }

  private static double ratio(JsonNode claim) {
    return claim.path("ratio").path("value").asDouble();
  }

  @Test
  void nothingToFitIsRefused() throws IOException {
    start("w8-20");
    String refused = InProcess.refused("study fit --out " + out);
    assertHas(refused, "nothing can be fitted yet; run more trials: No evaluation trial");
    assertFalse(Files.exists(out.resolve("fit.json")));
    assertHas(InProcess.refused("study fit --baseline soap --out " + out), "one of adamw, cross");
    assertHas(InProcess.refused("study fit --draws 0 --out " + out), "--draws must be at least 1");
  }

  @Test
  void otherTasksAreRefusedAndTheirPageHasNoLaw() throws IOException {
    Path file = folder.resolve("plan.yaml");
    Files.writeString(
        file,
        """
        base: {preset: paper-regression}
        tuning: {points: 1, seed: 9}
        evaluation: {seeds: [1]}
        optimizers:
          adamw: {optimizer: adamw, search: {lr: [3e-4, 3e-2, log]}}
        """);
    out = folder.resolve("study");
    Study.start(file, out);
    assertHas(InProcess.refused("study fit --out " + out), "this study has another task");
    assertHas(StudyReport.of(study(), "adamw").html(), "\"fit\":null}");
  }

  private static void assertHas(String text, String part) {
    assertTrue(text.contains(part), text);
  }
}
