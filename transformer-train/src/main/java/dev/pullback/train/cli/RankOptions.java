package dev.pullback.train.cli;

import dev.pullback.collective.RabitCollective;
import dev.pullback.train.InputException;
import dev.pullback.train.config.RunConfig;
import dev.pullback.train.loop.LostRanksException;
import dev.pullback.train.loop.RankLink;
import dev.pullback.train.ranks.LocalPlaces;
import dev.pullback.train.ranks.RankAddress;
import dev.pullback.train.ranks.RankCluster;
import dev.pullback.train.ranks.RankPlaces;
import dev.pullback.train.ranks.RankedRun;
import dev.pullback.train.task.Share;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** How many processes train one model, and where. No part of a run's configuration. */
final class RankOptions {

  private static final String LOOPBACK = "127.0.0.1";
  private static final long MEETING_SECONDS = 600;

  /** Options that mean nothing to one process. */
  private static final List<String> OF_SEVERAL =
      List.of("--bind", "--max-restarts", "--worker-timeout", "--compare-interval");

  @Spec(Spec.Target.MIXEE)
  private CommandSpec command;

  @Option(
      names = "--workers",
      paramLabel = "N",
      description =
          "Processes that train together, each on its part of every batch. They share --threads.")
  private Integer workers;

  @Option(
      names = "--master",
      paramLabel = "URL",
      description = "Where the workers run: a master of Apache Spark. Default: this machine.")
  private String master;

  @Option(
      names = "--bind",
      paramLabel = "ADDRESS",
      description =
          "Address of this machine (IPv4) at which workers meet. Default: 127.0.0.1, which workers"
              + " on other machines do not reach.")
  private String bind;

  @Option(
      names = "--max-restarts",
      paramLabel = "N",
      defaultValue = "3",
      description =
          "How many times all workers begin again, from the latest checkpoint, when one is lost."
              + " Default: ${DEFAULT-VALUE}.")
  private int maxRestarts;

  @Option(
      names = "--worker-timeout",
      paramLabel = "S",
      defaultValue = "60",
      description =
          "Seconds that workers wait for each other before one counts as lost; longer than a step"
              + " and a save. Default: ${DEFAULT-VALUE}.")
  private int timeout;

  @Option(
      names = "--compare-interval",
      paramLabel = "N",
      defaultValue = "0",
      description =
          "Steps between comparisons of all workers' weights, beside those at the start and at each"
              + " checkpoint; 0 for none.")
  private int compareInterval;

  @Option(names = "--rank", hidden = true, description = "HOST:PORT/RANK/THREADS of a worker.")
  private String rank;

  @Option(
      names = "--worker-prefix",
      hidden = true,
      defaultValue = "",
      description = "Words before each worker's command, with %%d for its number.")
  private String prefix;

  /** Whether this process starts others, which train. */
  boolean supervise() {
    return rank == null && (workers != null || master != null);
  }

  /** Refuses what only several processes take, where there is one. */
  void checkAlone() {
    if (workers == null && rank == null) {
      OF_SEVERAL.stream()
          .filter(command.commandLine().getParseResult()::hasMatchedOption)
          .findFirst()
          .ifPresent(
              name -> {
                throw new InputException(name + " goes with --workers");
              });
    }
  }

  /** Whether this process is one of several, but not the first. */
  boolean follow() {
    return rank != null && address().rank() > 0;
  }

  /** Whether this process is one of several. */
  boolean isRank() {
    return rank != null;
  }

  private RankAddress address() {
    return RankAddress.parse(rank);
  }

  /** Returns the threads of this process. */
  int threads(RunConfig config) {
    return isRank() ? address().threads() : config.options().threads;
  }

  /** Joins the other ranks; nothing where there are none. */
  RankLink link() throws IOException {
    if (!isRank()) {
      return RankLink.NONE;
    }
    RankAddress own = address();
    try {
      return RankLink.over(
          RabitCollective.join(
              own.host(),
              own.port(),
              own.rank(),
              Duration.ofSeconds(MEETING_SECONDS),
              Duration.ofSeconds(timeout)),
          compareInterval);
    } catch (IOException e) {
      throw new LostRanksException(e);
    }
  }

  /** Returns what is the same on each rank's command line. */
  List<String> shared() {
    return List.of("--worker-timeout=" + timeout, "--compare-interval=" + compareInterval);
  }

  /** Refuses a page that would be on a machine that Spark chooses. */
  void checkServed(ServeOptions serve) {
    if (!serve.arguments().isEmpty() && master != null) {
      throw new InputException(
          "--serve does not go with --master, which chooses the machine of the first worker; give"
              + " --tensorboard instead");
    }
  }

  /** Checks the numbers. */
  RankedRun run(RunConfig config) {
    if (workers == null) {
      throw new InputException("--master needs --workers, the number of processes");
    }
    InputException.atLeast("--workers", workers, 1);
    InputException.atLeast("--max-restarts", maxRestarts, 0);
    InputException.atLeast("--worker-timeout", timeout, 1);
    InputException.atLeast("--compare-interval", compareInterval, 0);
    if (bind == null && master != null && !master.startsWith("local")) {
      throw new InputException(
          "--master %s needs --bind, the address of this machine that the workers reach"
              .formatted(master));
    }
    Share.check(config.options().batch, workers);
    return new RankedRun(
        workers,
        threadsOfEach(config.options().threads),
        bind == null ? LOOPBACK : bind,
        Duration.ofSeconds(MEETING_SECONDS),
        maxRestarts);
  }

  /** As many for each: where one has more, its sums may have other last digits. */
  private int threadsOfEach(int threads) {
    if (master != null) {
      return Math.max(1, threads); // the cluster gives each worker a core
    }
    int all = threads > 0 ? threads : Runtime.getRuntime().availableProcessors();
    return Math.max(1, all / workers);
  }

  RankPlaces places() {
    return master == null ? new LocalPlaces(prefix) : RankCluster.find().connect(master);
  }
}
