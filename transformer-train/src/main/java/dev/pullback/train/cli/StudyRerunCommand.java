package dev.pullback.train.cli;

import dev.pullback.train.ExitStatus;
import dev.pullback.train.InputException;
import dev.pullback.train.study.SingleTrial;
import dev.pullback.train.study.Study;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code pullback study rerun}. */
@Command(
    name = "rerun",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description =
        "Runs complete trials once more, in a folder of their own, and compares what was measured.")
final class StudyRerunCommand extends StudySubcommand {

  @Parameters(
      arity = "0..*",
      paramLabel = "TRIAL",
      description = "Folders or numbers of trials; none with --pick.")
  private List<String> trials;

  @Option(
      names = "--pick",
      paramLabel = "N",
      description = "Choose so many of the complete trials by --seed.")
  private Integer pick;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "Seed of --pick. Default: ${DEFAULT-VALUE}.")
  private long seed;

  @Option(
      names = "--tolerance",
      paramLabel = "X",
      defaultValue = "0",
      description =
          "Largest relative difference that counts as none, for another kind of machine. Default:"
              + " ${DEFAULT-VALUE}, bit for bit.")
  private double tolerance;

  @Override
  public Integer call() throws IOException {
    if ((pick == null) == (trials == null || trials.isEmpty())) {
      throw new InputException("give either trials or --pick N");
    }
    Study study = read();
    List<String> folders = pick == null ? trials : study.pick(pick, seed);
    boolean same = true;
    try (StopSignal stop = new StopSignal(true)) {
      for (String name : folders) {
        String folder = isNumber(name) ? study.trial(Integer.parseInt(name)).folder() : name;
        Path elsewhere = Files.createTempDirectory("pullback-rerun");
        SingleTrial trial = new SingleTrial(out, folder, command(), stop::requested, line -> {});
        trial.load();
        Optional<List<String>> differences = trial.repeat(elsewhere, tolerance);
        if (differences.isEmpty()) {
          say("Stopped.");
          return ExitStatus.INTERRUPTED;
        }
        same &= differences.get().isEmpty();
        say(describe(folder, differences.get()) + " Kept in " + elsewhere);
      }
    }
    return same ? 0 : ExitStatus.FAILED;
  }

  private String describe(String folder, List<String> differences) {
    if (!differences.isEmpty()) {
      return "%s: %d measurements differ, the first: %s."
          .formatted(folder, differences.size(), differences.get(0));
    }
    return tolerance == 0
        ? folder + ": every measurement is the same, bit for bit."
        : "%s: every measurement is the same within %s.".formatted(folder, tolerance);
  }
}
