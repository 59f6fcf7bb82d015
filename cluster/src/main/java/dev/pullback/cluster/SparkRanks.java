package dev.pullback.cluster;

import dev.pullback.train.InputException;
import dev.pullback.train.ThisProgram;
import dev.pullback.train.ranks.RankCluster;
import dev.pullback.train.ranks.RankEnd;
import dev.pullback.train.ranks.RankPlaces;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaFutureAction;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.rdd.RDD;
import org.apache.spark.scheduler.BarrierJobSlotsNumberCheckFailed;
import scala.reflect.ClassTag;
import scala.reflect.ClassTag$;

/**
 * Ranks on Apache Spark: a barrier stage, whose tasks start together, with a process for each task.
 */
public final class SparkRanks implements RankCluster {

  private static final long LOOK_MILLIS = 200;

  /** Creates the cluster, as the service loader does. */
  public SparkRanks() {}

  @Override
  public RankPlaces connect(String master) {
    SparkConf conf =
        new SparkConf()
            .setAppName("pullback train")
            .setMaster(master)
            .set("spark.ui.enabled", "false")
            // A rank that is lost is a new attempt of all, with another meeting point.
            .set("spark.task.maxFailures", "1")
            .set("spark.stage.maxConsecutiveAttempts", "1")
            // Machines of a cluster may come a little later than the driver.
            .setIfMissing("spark.scheduler.barrier.maxConcurrentTasksCheck.interval", "2s")
            .setIfMissing(
                "spark.scheduler.barrier.maxConcurrentTasksCheck.maxFailures",
                master.startsWith("local") ? "1" : "30");
    return new Places(Connection.open(conf, master));
  }

  /** The machines of a context. */
  private static final class Places implements RankPlaces {

    private final Connection connection;
    private boolean begun;

    Places(Connection connection) {
      this.connection = connection;
    }

    @Override
    public List<RankEnd> run(
        List<List<String>> arguments, int threads, BooleanSupplier stop, Consumer<String> log) {
      boolean again = begun;
      begun = true;
      List<RankTask.Line> lines = new ArrayList<>();
      for (int rank = 0; rank < arguments.size(); rank++) {
        List<String> command = new ArrayList<>(ThisProgram.command());
        command.addAll(arguments.get(rank));
        lines.add(new RankTask.Line(rank, command, threads));
      }
      ClassTag<RankTask.End> tag = ClassTag$.MODULE$.apply(RankTask.End.class);
      RDD<RankTask.End> ends =
          connection
              .spark()
              .parallelize(lines, lines.size())
              .rdd()
              .barrier()
              .mapPartitions(new RankTask(), false, tag);
      JavaFutureAction<List<RankTask.End>> running = connection.start(new JavaRDD<>(ends, tag));
      while (true) {
        try {
          return running.get(LOOK_MILLIS, TimeUnit.MILLISECONDS).stream()
              .map(end -> new RankEnd(end.rank(), end.status(), end.message()))
              .toList();
        } catch (TimeoutException e) {
          if (stop.getAsBoolean()) {
            connection.stop(running);
            return List.of();
          }
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          throw new InputException("interrupted while other machines were training", e);
        } catch (ExecutionException e) {
          if (e.getCause() instanceof BarrierJobSlotsNumberCheckFailed few && !again) {
            throw new InputException(
                "--master %s has room for fewer than --workers %d: it runs %d at a time"
                    .formatted(connection.spark().master(), lines.size(), few.maxConcurrentTasks()),
                e);
          }
          if (!stop.getAsBoolean()) {
            log.accept("Spark gave up the workers: " + Connection.reason(e));
          }
          return List.of(); // nobody was heard of, as when a machine is lost
        }
      }
    }

    @Override
    public void close() {
      connection.close();
    }
  }
}
