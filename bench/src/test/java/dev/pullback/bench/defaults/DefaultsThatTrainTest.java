package dev.pullback.bench.defaults;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import dev.pullback.train.InputException;
import dev.pullback.train.config.Backend;
import dev.pullback.train.config.TrainingEngine;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DefaultsThatTrainTest {

  private final StringWriter out = new StringWriter();

  private void train(Contender contender, List<TrainingProgram> programs) {
    TrainingEngine.PYTORCH.load(0);
    new DefaultsThatTrain(new Backend(TrainingEngine.PYTORCH, Device.cpu()), List.of(contender), 1)
        .table(programs, new PrintWriter(out));
  }

  private static TrainingProgram program(String name) {
    return Programs.ALL.stream().filter(p -> p.name().equals(name)).findFirst().orElseThrow();
  }

  /**
   * Returns a cell of the last row.
   *
   * @param column from 0
   */
  private String cell(int column) {
    String last = out.toString().lines().reduce("", (a, b) -> b);
    return last.split("\\|", -1)[column + 1].strip();
  }

  private double value(int column) {
    return Double.parseDouble(cell(column).split(" ", -1)[0]);
  }

  /** The targets have the variance 1, which a constant would leave. */
  @Test
  void trainsWithBothFromTheSameBeginning() {
    train(Contender.of("sgd_rms_relative"), List.of(program("regression")));
    assertTrue(value(2) < 0.3, out.toString());
    assertTrue(value(3) < 0.3, out.toString());
    assertTrue(value(5) > 0.5, "s of " + out);
  }

  /** DJL's Adam differs from torch's in where ε stands, and nothing else. */
  @Test
  void comparesLikeWithLike() {
    train(Contender.of("adam"), List.of(program("regression")));
    assertEquals(value(2), value(3), 0.1 * value(2), out.toString());
  }

  @Test
  void leavesOutWhatHasNoData() {
    TrainingProgram full = program("regression");
    TrainingProgram empty =
        new TrainingProgram(
            "empty",
            "A program",
            false,
            1,
            full.block(),
            full.loss(),
            manager -> {
              throw new InputException("no such file");
            });
    train(Contender.of("adam"), List.of(empty));
    assertTrue(out.toString().endsWith("Left out: A program; no such file\n"), out.toString());
  }

  @Test
  void readsWhatDiffersFromTheDefaults() {
    Contender contender = Contender.of("sgd_rms_relative:lr=2e-3:kappa=4");
    assertEquals("sgd_rms_relative", contender.name());
    assertEquals(Map.of("lr", 2e-3, "kappa", 4.0), contender.hyperparameters());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "adamx | no optimizer 'adamx'",
        "adam:lr | but 'lr' has no =",
        "adam:lr=fast | lr must be a number, but is 'fast'",
        "adam:kappa=1 | adam has no hyperparameter kappa",
        "sgd_rms_relative:kappa=-1 | kappa",
      })
  void refuses(String text, String message) {
    String said =
        assertThrows(IllegalArgumentException.class, () -> Contender.of(text)).getMessage();
    assertTrue(said.contains(message), said);
  }
}
