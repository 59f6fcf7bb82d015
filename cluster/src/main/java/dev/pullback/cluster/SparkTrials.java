package dev.pullback.cluster;

import dev.pullback.train.ThisProgram;
import dev.pullback.train.study.Study;
import dev.pullback.train.study.TrialCluster;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaFutureAction;

/**
 * Trials on Apache Spark. The driver chooses what is to be run and keeps the study's folder; a
 * worker starts a process for each trial. What comes out depends on no worker: a trial's document
 * says everything.
 */
public final class SparkTrials implements TrialCluster {

  private static final long FOLLOW_NANOS = TimeUnit.SECONDS.toNanos(1);

  /** Workers may die under a trial more often than Spark's four times a task. */
  private static final String MOST_FAILURES = "100";

  /** Creates the cluster, as the service loader does. */
  public SparkTrials() {}

  @Override
  public boolean run(Job job, BooleanSupplier stop, Consumer<String> log) throws IOException {
    Exchange exchange = job.results() == null ? null : new Exchange(job.results());
    Path out = job.out().toAbsolutePath();
    TrialTask task = new TrialTask(program(), out.toString(), exchange);
    Study study = job.study();
    Set<String> left = new HashSet<>();
    try (Connection connection = connect(job.master())) {
      log.accept("Running on " + connection.spark().master());
      while (!stop.getAsBoolean()) {
        List<Work> open =
            study.openTrials().stream()
                .filter(next -> !left.contains(next.folder()))
                .map(next -> new Work(next.folder(), next.until()))
                .toList();
        if (open.isEmpty()) {
          break;
        }
        if (exchange != null) {
          for (Work work : open) {
            exchange.offer(work.trial(), out);
          }
        }
        for (Outcome outcome : outcomes(connection, open, task, study, stop)) {
          take(outcome, study, out, exchange, left, log);
        }
      }
    }
    return study.finish(job.keepCheckpoints()) && left.isEmpty();
  }

  /** A trial's time goes into native code; the second compiler takes longer than it gains. */
  private static List<String> program() {
    List<String> program = new ArrayList<>(ThisProgram.command());
    program.add(1, "-XX:TieredStopAtLevel=1");
    return program;
  }

  private static Connection connect(String master) {
    SparkConf conf =
        new SparkConf()
            .setAppName("pullback study")
            .setMaster(master)
            .set("spark.ui.enabled", "false")
            .set("spark.task.maxFailures", MOST_FAILURES);
    return Connection.open(conf, master);
  }

  /** Runs trials, and follows what becomes of them meanwhile. */
  private static List<Outcome> outcomes(
      Connection connection, List<Work> trials, TrialTask task, Study study, BooleanSupplier stop)
      throws IOException {
    JavaFutureAction<List<Outcome>> running =
        connection.start(connection.spark().parallelize(trials, trials.size()).map(task));
    while (!running.isDone()) {
      if (stop.getAsBoolean()) {
        connection.stop(running);
        return List.of();
      }
      LockSupport.parkNanos(FOLLOW_NANOS);
      study.follow();
    }
    try {
      return running.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return List.of();
    } catch (ExecutionException e) {
      throw new IOException("the cluster gave up: " + Connection.reason(e), e);
    }
  }

  private static void take(
      Outcome outcome,
      Study study,
      Path out,
      Exchange exchange,
      Set<String> left,
      Consumer<String> log)
      throws IOException {
    String trial = outcome.work().trial();
    switch (outcome.end()) {
      case COMPLETE -> {
        if (exchange != null) {
          exchange.collect(trial, out);
        }
        if (!study.hasResult(
            new Study.Open(trial, outcome.work().until()))) { // else it would be run for ever
          log.accept(
              "%s is complete where it ran, but not in %s; give --results, a folder that both reach"
                  .formatted(trial, out));
          left.add(trial);
        }
      }
      case STOPPED -> log.accept(trial + " was stopped.");
      case CRASHED -> {
        log.accept("%s crashed twice: %s".formatted(trial, outcome.message()));
        study.fail(trial, "its process crashed twice, " + outcome.message());
      }
      case REFUSED -> {
        log.accept("%s could not be run: %s".formatted(trial, outcome.message()));
        left.add(trial);
      }
    }
  }
}
