package dev.pullback.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TrainingStepsTest {

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "0.48 | true | ''",
        "1.0 | true | ''",
        "20.94 | false | Left out: rows 'mixed'; a bfloat16 matrix product of 512 by 512 takes"
            + " 20.9 times as long as a float32 one on this machine.",
        "| false | Left out: rows 'mixed'; a bfloat16 matrix product of 512 by 512 takes too long"
            + " to be measured.",
      })
  void bfloat16IsLeftOutWhereItIsSlower(Double slowdown, boolean pays, String said) {
    StringWriter out = new StringWriter();
    assertEquals(
        pays, TrainingSteps.pays("mixed", Optional.ofNullable(slowdown), new PrintWriter(out)));
    assertEquals(said, out.toString().strip());
  }
}
