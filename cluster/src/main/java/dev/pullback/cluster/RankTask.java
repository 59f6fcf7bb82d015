package dev.pullback.cluster;

import dev.pullback.train.ExitStatus;
import java.io.File;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.util.List;
import scala.collection.Iterator;
import scala.jdk.javaapi.CollectionConverters;
import scala.runtime.AbstractFunction1;

/**
 * Runs the process of a rank. Needs nothing on the worker's class path but this package and Spark:
 * constants of others are compiled in.
 */
final class RankTask extends AbstractFunction1<Iterator<RankTask.Line>, Iterator<RankTask.End>>
    implements Serializable {

  private static final long serialVersionUID = 1;

  /**
   * What a task starts.
   *
   * @param rank its number
   * @param command Java, its options, the program and its arguments
   * @param threads of one operation
   */
  record Line(int rank, List<String> command, int threads) implements Serializable {}

  /**
   * How a process ended.
   *
   * @param rank its number
   * @param status its exit status
   * @param message the last that it printed
   */
  record End(int rank, int status, String message) implements Serializable {}

  @Override
  public Iterator<End> apply(Iterator<Line> lines) {
    try {
      return CollectionConverters.asScala(List.of(run(lines.next())).iterator());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static End run(Line line) throws IOException {
    File log = File.createTempFile("pullback-rank", ".log");
    try {
      ProcessBuilder builder =
          new ProcessBuilder(line.command()).redirectErrorStream(true).redirectOutput(log);
      builder.environment().put("OMP_NUM_THREADS", Integer.toString(line.threads()));
      // Its standard input is a pipe from here: when this executor is gone, the process ends.
      int status = WorkerProcess.await(builder.start());
      return new End(line.rank(), status, WorkerProcess.tail(log));
    } catch (InterruptedIOException e) {
      return new End(line.rank(), ExitStatus.INTERRUPTED, "");
    } finally {
      if (!log.delete()) {
        log.deleteOnExit();
      }
    }
  }
}
