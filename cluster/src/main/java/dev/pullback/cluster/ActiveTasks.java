package dev.pullback.cluster;

import java.util.concurrent.TimeUnit;
import org.apache.spark.scheduler.SparkListener;
import org.apache.spark.scheduler.SparkListenerJobEnd;
import org.apache.spark.scheduler.SparkListenerJobStart;
import org.apache.spark.scheduler.SparkListenerTaskEnd;
import org.apache.spark.scheduler.SparkListenerTaskStart;

/**
 * Counts jobs and tasks that have started and not ended. A job that is cancelled has ended before
 * its tasks have.
 */
final class ActiveTasks extends SparkListener {

  private static final long LOOK_MILLIS = 100;

  private int active;

  @Override
  public void onJobStart(SparkListenerJobStart job) {
    add(1);
  }

  @Override
  public void onTaskStart(SparkListenerTaskStart task) {
    add(1);
  }

  @Override
  public void onTaskEnd(SparkListenerTaskEnd task) {
    add(-1);
  }

  @Override
  public void onJobEnd(SparkListenerJobEnd job) {
    add(-1);
  }

  private synchronized void add(int change) {
    active += change;
    notifyAll();
  }

  /** Waits until there are none, or time is over. */
  synchronized void awaitNone(long seconds) throws InterruptedException {
    long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    while (active > 0 && System.nanoTime() - until < 0) {
      wait(LOOK_MILLIS);
    }
  }
}
