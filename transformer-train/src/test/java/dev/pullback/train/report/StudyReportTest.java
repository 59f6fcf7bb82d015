package dev.pullback.train.report;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.pullback.train.InputException;
import dev.pullback.train.scaling.Holm;
import dev.pullback.train.study.Study;
import dev.pullback.train.study.StudyPlan;
import dev.pullback.train.study.TinyStudy;
import dev.pullback.train.study.TrialSpec;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StudyReportTest {

  @TempDir private Path folder;
  private Path out;
  private Study study;

  @BeforeEach
  void start() throws IOException {
    out = folder.resolve("study");
    Study.start(TinyStudy.write(folder), out);
    study = new Study(out, "test", () -> false, line -> {});
  }

  @Test
  void sentencesFollowFromIntervals() throws IOException {
    losses("small", "adamw", 2.0, 2.1, 2.2);
    losses("small", "cross", 1.9, 1.99, 2.11); // -0.1, -0.11, -0.09
    losses("large", "adamw", 1.0, 1.1, 1.2);
    losses("large", "cross", 1.1, 1.0, 1.25); // +0.1, -0.1, +0.05
    String report = StudyReport.of(study, "adamw").markdown();
    // t(0.975, 2) = 4.3027; 0.01 / sqrt(3) * 4.3027 = 0.0248; p = 0.003317, twice that after Holm.
    assertHas(
        report,
        "- cross: lower loss than adamw (-0.1000, -0.1248 to -0.0752), also after correction (p ="
            + " 0.00663).");
    assertHas(report, "- cross: no difference to adamw shown (+0.0167, ");
    assertHas(report, "| adamw | 2.1000 | 0.1000 | 3 of 3 |  |  |  | 0 of 2 | 0 | 0 | 2 |");
    assertHas(report, "| adamw | lr | ");
    assertHas(report, "| cross | sgd_rms_cross | small | beta_rms 0.99, clip_norm 1.0, ");
  }

  @Test
  void failuresAreShownAndLeftOut() throws IOException {
    losses("small", "adamw", 2.0, 2.1, 2.2);
    losses("small", "cross", 1.9, null, 2.25);
    losses("large", "adamw", 1.0, 1.1, 1.2);
    losses("large", "cross", null, null, 1.1);
    String report = StudyReport.of(study, "adamw").markdown();
    assertHas(report, "- cross: no difference to adamw shown (-0.0250, ");
    assertHas(
        report, ", over 2 of 3 seeds). 1 of its 3 evaluation trials failed and are left out.");
    assertHas(report, "- cross: not compared; 1 seeds are complete beside adamw, two are needed.");
  }

  @Test
  void failuresOfTheBaselineAreToldToo() throws IOException {
    losses("small", "adamw", 2.0, null, 2.2);
    losses("small", "cross", 1.9, 2.0, 2.25);
    assertHas(
        StudyReport.of(study, "adamw").markdown(),
        ", over 2 of 3 seeds). 1 of adamw's 3 evaluation trials failed and are left out.");
  }

  @Test
  void aClaimStandsWhenTheStudyGoesOn() throws IOException {
    losses("small", "adamw", 2.0, 2.1, 2.2);
    losses("small", "cross", 1.9, 1.99, 2.11);
    String claim = "also after correction (p = 0.00663).";
    String partial = StudyReport.of(study, "adamw").markdown();
    assertHas(partial, claim);
    assertHas(partial, "over the 2 comparisons of the plan");
    losses("large", "adamw", 1.0, 1.1, 1.2);
    losses("large", "cross", 1.1, 1.0, 1.25);
    assertHas(StudyReport.of(study, "adamw").markdown(), claim);
  }

  @Test
  void whatEndedAboveItsBeginningDiverged() throws IOException {
    losses("small", "adamw", 2.0, 2.1, 2.2);
    StudyPlan.Entry adamw = study.plan().entries().get(0);
    List<TrialSpec> tuning = new ArrayList<>(study.plan().tuning("small", adamw));
    tuning.sort(Comparator.comparing(trial -> trial.config().options().lr));
    TinyStudy.log(out, tuning.get(0), 3.5); // the lower rate, of losses 3 and 4 in the end
    TinyStudy.log(out, tuning.get(1), 70);
    assertHas(
        StudyReport.of(study, "adamw").markdown(), "| 3 of 3 |  |  |  | 0 of 2 | 1 | 0 | 2 |");
  }

  @Test
  void theSameLossesAreNoDifferenceThatWasNotShown() throws IOException {
    losses("small", "adamw", 2.0, 2.1, 2.2);
    losses("small", "cross", 2.0, 2.1, 2.2);
    String report = StudyReport.of(study, "adamw").markdown();
    assertHas(report, "- cross: the losses of adamw, seed by seed.");
    assertHas(report, "- Not begun: adamw, cross.");
  }

  @Test
  void nothingIsSaidOfWhatIsNotThere() throws IOException {
    String report = StudyReport.of(study, "adamw").markdown();
    assertHas(report, "- Not begun: adamw, cross.");
    assertFalse(report.contains("| cross |"), report);
    InputException e = assertThrows(InputException.class, () -> StudyReport.of(study, "soap"));
    assertTrue(e.getMessage().contains("one of adamw, cross"), e.getMessage());
  }

  @Test
  void statusCountsAndEstimates() throws IOException {
    assertHas(StudyStatus.of(study), "is known when a trial is complete");
    losses("small", "adamw", 2.0, 2.1, null);
    String status = StudyStatus.of(study);
    assertEquals(
        List.of("small", "adamw", "4", "0", "0", "0", "1", "0", "0"),
        List.of(status.lines().toList().get(1).split(" +", -1)));
    assertHas(status, "About 30 seconds left"); // 15 trials of 2 s
  }

  @Test
  void thePageHoldsWhatTheTextSays() throws IOException {
    losses("small", "adamw", 2.0, 2.1, 2.2);
    losses("small", "cross", 1.9, 1.99, 2.11);
    String page = StudyReport.of(study, "adamw").html();
    String begin = "<script id=\"data\" type=\"application/json\">";
    String data = page.substring(page.indexOf(begin) + begin.length());
    JsonNode json = new ObjectMapper().readTree(data.substring(0, data.indexOf("</script>")));
    JsonNode small = json.path("sizes").get(0);
    assertEquals(12 * 8 * 8, small.path("parameters").asInt());
    assertEquals(2.1, small.path("lines").get(0).path("loss").path("mean").asDouble(), 1e-12);
    String sentence = small.path("lines").get(1).path("sentence").asText();
    assertHas(sentence, "cross: lower loss than adamw");
    JsonNode fixed = json.path("fixed").get(0);
    assertEquals("adamw", fixed.path("rule").asText());
    assertEquals(1e-8, fixed.path("values").path("eps").asDouble(), "a default");
    assertTrue(fixed.path("values").path("lr").isMissingNode(), "it was searched");
    JsonNode trial = json.path("trials").get(0);
    assertEquals("tuning", trial.path("phase").asText());
    assertTrue(trial.path("hyperparameters").path("lr").asDouble() > 0, trial.toString());
    assertFalse(page.contains("/*" + "data*/"), "all places are filled");
  }

  @Test
  void picturesAreOfWhatHasTwoPoints() throws IOException {
    losses("small", "adamw", 2.0, 2.1, 2.2);
    assertEquals(Set.of(), StudyReport.of(study, "adamw").images().keySet());
    Path plan = TinyStudy.write(folder);
    Files.writeString(
        plan,
        Files.readString(plan)
            .replace("max-steps: 6", "max-tokens: 384")
            .replace("large: {width: 16}", "large: {width: 16, max-tokens: 1536}")
            .replace(", weight-decay: [0, 1, linear]", ""));
    out = folder.resolve("other");
    Study.start(plan, out);
    study = new Study(out, "test", () -> false, line -> {});
    losses("small", "adamw", 2.0, 2.1, 2.2);
    losses("large", "adamw", 1.0, 1.1, 1.2);
    TinyStudy.finish(out, study.plan().tuning("large", study.plan().entries().get(0)).get(1), null);
    Map<String, byte[]> images = StudyReport.of(study, "adamw").images();
    assertEquals(Set.of("loss.png", "sensitivity-small.png"), images.keySet());
    for (byte[] image : images.values()) {
      assertEquals(1000, ImageIO.read(new ByteArrayInputStream(image)).getWidth());
    }
  }

  @Test
  void holm() {
    assertArrayEquals(
        new double[] {0.03, 0.06, 0.06, Double.NaN},
        Holm.corrected(0.01, 0.04, 0.03, Double.NaN),
        1e-12);
  }

  /** Lets all of tuning be complete, and evaluation with these losses, null for a failure. */
  private void losses(String size, String name, Double... losses) throws IOException {
    StudyPlan plan = study.plan();
    StudyPlan.Entry entry =
        plan.entries().stream().filter(e -> e.name().equals(name)).findFirst().orElseThrow();
    List<TrialSpec> tuning = plan.tuning(size, entry);
    TinyStudy.finish(out, tuning.get(0), 3.0);
    TinyStudy.finish(out, tuning.get(1), 4.0);
    List<TrialSpec> evaluation = plan.evaluation(size, entry, tuning.get(0));
    for (int i = 0; i < losses.length; i++) {
      TinyStudy.finish(out, evaluation.get(i), losses[i]);
    }
  }

  private static void assertHas(String text, String part) {
    assertTrue(text.contains(part), text);
  }
}
