package dev.pullback.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import picocli.CommandLine;

class BenchCommandTest {

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "--device gpu:999 | pullback: --device gpu:999: PyTorch sees",
        "--device tpu | is no device",
        "--only gtp | pullback: --only: there is no 'gtp'; there are machine, gpt",
        "--optimizers adamx | pullback: --optimizers: There is no optimizer 'adamx'",
        "--optimizers trainer:adamx | pullback: --optimizers: There is no optimizer 'adamx'",
        "--millions 5 | pullback: --millions: there are 1, 4, 20 and 124, not 5",
        "--trained adamx | pullback: --trained: There is no optimizer 'adamx'",
        "--programs mpl | pullback: --programs: there is no 'mpl'; there are mlp, lstm",
        "--peers /no/such/python | pullback: --peers: /no/such/python cannot be run",
        "--peers /bin/false | pullback: --peers: /bin/false has no PyTorch",
        "--seeds 0 | pullback: --seeds must be at least 1, but is 0",
      })
  void refusesBeforeAnythingIsMeasured(String arguments, String message) {
    assertEquals(2, execute(arguments), err.toString());
    String first = err.toString().lines().findFirst().orElse("");
    assertTrue(first.contains(message), err.toString());
    assertEquals("", out.toString());
  }

  @Test
  void saysWhatTheMachineIs() {
    assertEquals(0, execute("--only machine --device cpu"), err.toString());
    String first = out.toString().lines().findFirst().orElse("");
    assertTrue(first.matches(".+, \\d+ cores, .+; PyTorch on cpu \\d+\\..+; Java .+"), first);
  }

  private int execute(String arguments) {
    CommandLine commandLine = BenchCommand.commandLine();
    commandLine.setOut(new PrintWriter(out)).setErr(new PrintWriter(err));
    return commandLine.execute(arguments.split(" ", -1));
  }
}
