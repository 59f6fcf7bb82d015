package dev.pullback.cluster;

import dev.pullback.train.InputException;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.apache.hadoop.util.ShutdownHookManager;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.JavaFutureAction;
import org.apache.spark.api.java.JavaRDD;
import org.apache.spark.api.java.JavaSparkContext;

/** A context of Spark in which workers find this module, and whose jobs can be stopped. */
final class Connection implements AutoCloseable {

  /** As long as a task lets its process save. */
  private static final long PATIENCE_SECONDS = WorkerProcess.PATIENCE_SECONDS;

  /** Above Spark's own hook, which ends all executors. */
  private static final int FIRST = 100;

  private final JavaSparkContext spark;
  private final ActiveTasks active = new ActiveTasks();
  private final CountDownLatch closed = new CountDownLatch(1);

  private Connection(JavaSparkContext spark) {
    this.spark = spark;
    spark.sc().addSparkListener(active);
    ShutdownHookManager.get()
        .addShutdownHook(this::waitForClose, FIRST, 2 * PATIENCE_SECONDS, TimeUnit.SECONDS);
  }

  /**
   * Connects.
   *
   * @throws InputException if the master cannot be used
   */
  static Connection open(SparkConf conf, String master) {
    if (!master.startsWith("local")) {
      conf.setJars(new String[] {ownJar()});
    }
    try {
      return new Connection(new JavaSparkContext(conf));
    } catch (Exception e) { // Scala throws checked ones without saying so
      throw new InputException("cannot use the master %s: %s".formatted(master, firstLine(e)), e);
    }
  }

  /** What a worker's class path must have. */
  private static String ownJar() {
    try {
      return Path.of(TrialTask.class.getProtectionDomain().getCodeSource().getLocation().toURI())
          .toString();
    } catch (URISyntaxException e) {
      throw new IllegalStateException("this program lies nowhere", e);
    }
  }

  JavaSparkContext spark() {
    return spark;
  }

  /** Starts a job. When it is stopped, its tasks are interrupted and let their processes save. */
  <T> JavaFutureAction<List<T>> start(JavaRDD<T> work) {
    spark.setJobGroup("processes", "processes of Pullback", true);
    return work.collectAsync();
  }

  /** Stops a job, and waits until its tasks have ended. */
  void stop(JavaFutureAction<?> job) {
    job.cancel(true);
    try {
      active.awaitNone(PATIENCE_SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Says in one line why a job failed. */
  static String reason(ExecutionException e) {
    return firstLine(e.getCause());
  }

  private static String firstLine(Throwable e) {
    return e.toString().lines().findFirst().orElse("");
  }

  private void waitForClose() {
    try {
      closed.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    try {
      spark.close();
    } finally {
      closed.countDown();
    }
  }
}
