package dev.pullback.train.cli;

import ai.djl.TrainingDivergedException;
import dev.pullback.train.ExitStatus;
import dev.pullback.train.FailureReason;
import dev.pullback.train.InputException;
import dev.pullback.train.OneLine;
import dev.pullback.train.loop.LostRanksException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.ParseResult;

/** The {@code pullback} command. */
@Command(
    name = "pullback",
    mixinStandardHelpOptions = true,
    version = "pullback 0.1.0",
    description = "Trains language models on the JVM with the loss landscape's induced metric.",
    subcommands = {
      TrainCommand.class,
      PrepareCommand.class,
      SampleCommand.class,
      ChatCommand.class,
      EvaluateCommand.class,
      ImportCommand.class,
      ExportCommand.class,
      PaperCommand.class,
      StudyCommand.class,
      PlotCommand.class,
      ReportCommand.class
    },
    footer = {
      "",
      "Examples:",
      "  pullback train",
      "  pullback train --optimizer sgd_rms --out runs/metric",
      "  pullback sample --run runs/metric --prompt 'ROMEO:'",
      "  pullback evaluate --run runs/metric --data text.txt"
    })
final class Main {

  private Main() {}

  /**
   * Runs the command line. Exit status: 0 for success, 2 for bad input, 1 for a failure, 130 after
   * Ctrl-C; 75 in a worker of {@code train --workers} that lost another one.
   *
   * @param args the arguments
   */
  public static void main(String[] args) {
    Surroundings.settle();
    System.exit(Surroundings.garbled(args) ? ExitStatus.BAD_INPUT : run(args));
  }

  private static int run(String... args) {
    int status = commandLine().execute(args);
    if (System.out.checkError() && status == 0) {
      System.err.println("pullback: not all of the output could be written");
      return ExitStatus.FAILED;
    }
    return status;
  }

  static CommandLine commandLine() {
    CommandLine commandLine = new CommandLine(new Main());
    TopicHelp.install(commandLine.getSubcommands().get("train"));
    return commandLine
        .setResourceBundle(new Names())
        .setOut(new PrintWriter(System.out, true, StandardCharsets.UTF_8))
        .setErr(new PrintWriter(System.err, true, StandardCharsets.UTF_8))
        .setCaseInsensitiveEnumValuesAllowed(true)
        .setExpandAtFiles(false) // a prompt may begin with @
        .setExecutionStrategy(Main::execute)
        .setParameterExceptionHandler(Main::refuseArguments)
        .setExecutionExceptionHandler(new FailureHandler());
  }

  private static int refuseArguments(CommandLine.ParameterException e, String[] args) {
    CommandLine command = e.getCommandLine();
    command
        .getErr()
        .println("pullback: " + OneLine.of(e.getMessage().lines().findFirst().orElse("")));
    command
        .getErr()
        .println("Try '%s --help'.".formatted(command.getCommandSpec().qualifiedName()));
    return ExitStatus.BAD_INPUT;
  }

  /** Runs a command; picocli hands only exceptions to the handler below. */
  private static int execute(ParseResult result) {
    try {
      return new CommandLine.RunLast().execute(result);
    } catch (OutOfMemoryError e) {
      throw new CommandLine.ExecutionException(
          result.commandSpec().commandLine(),
          "out of memory",
          new InputException(MemoryAdvice.heap(e), e));
    }
  }

  /** Prints one line for what a person can mend, a stack trace for what is our fault. */
  private static final class FailureHandler implements IExecutionExceptionHandler {

    @Override
    public int handleExecutionException(Exception e, CommandLine command, ParseResult result)
        throws Exception {
      if (e instanceof InputException) {
        command.getErr().println("pullback: " + e.getMessage());
        return ExitStatus.BAD_INPUT;
      }
      Optional<String> advice = MemoryAdvice.of(e);
      if (advice.isPresent()) {
        command.getErr().println("pullback: " + advice.get());
        return ExitStatus.BAD_INPUT;
      }
      if (e instanceof TrainingDivergedException) {
        command.getErr().println("pullback: " + e.getMessage());
        return ExitStatus.FAILED;
      }
      IOException failure =
          e instanceof UncheckedIOException unchecked
              ? unchecked.getCause()
              : e instanceof IOException checked ? checked : null;
      if (failure instanceof LostRanksException) {
        command.getErr().println("pullback: " + OneLine.of(failure.getMessage()));
        return ExitStatus.LOST;
      }
      if (failure != null) {
        command.getErr().println("pullback: " + FailureReason.withFile(failure));
        return ExitStatus.FAILED;
      }
      throw e;
    }
  }
}
