package dev.pullback.train.cli;

import dev.pullback.train.InputException;
import dev.pullback.train.config.RunConfig;
import dev.pullback.train.study.Study;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import java.util.function.BooleanSupplier;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** What is done with a study. */
abstract class StudySubcommand implements Callable<Integer> {

  @Option(
      names = "--out",
      required = true,
      paramLabel = "DIR",
      description = "Folder of the study.")
  protected Path out;

  @Spec private CommandSpec spec;

  /**
   * Opens the study, which tells what it does.
   *
   * @throws InputException if the folder holds none
   */
  protected Study open(BooleanSupplier stop) {
    return new Study(out, command(), stop, this::say);
  }

  /**
   * Opens the study to be read.
   *
   * @throws InputException if the folder holds none
   */
  protected Study read() {
    return new Study(out, command(), () -> false, line -> {});
  }

  /** Loads the engine of the study's trials. */
  protected static void load(Study study) {
    RunConfig config = study.plan().anyConfig();
    config.engine().load(config.options().threads);
  }

  /** Trials have numbers, and folders whose names are none. */
  protected static boolean isNumber(String trial) {
    return trial.matches("[0-9]{1,9}");
  }

  /** Returns what was called. */
  protected String command() {
    return "./pullback "
        + String.join(" ", spec.root().commandLine().getParseResult().originalArgs());
  }

  protected void say(String line) {
    PrintWriter terminal = spec.commandLine().getOut();
    terminal.println(line);
    terminal.flush();
  }
}
