package dev.pullback.train.cli;

import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.pullback.optim.Collective;
import dev.pullback.train.config.RunConfig;
import dev.pullback.train.config.RunOptions;
import dev.pullback.train.loop.LostRanksException;
import dev.pullback.train.loop.RankLink;
import dev.pullback.train.loop.Silent;
import dev.pullback.train.loop.TrainingRun;
import dev.pullback.train.store.RunWriter;
import dev.pullback.train.task.Score;
import dev.pullback.train.task.TaskData;
import dev.pullback.train.task.Tasks;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class RunWatcherTest {

  @TempDir private Path folder;

  /** Other ranks, which are gone after the first evaluation, a moment before its sample. */
  private static final class Ranks extends Silent implements ProgressListener, Collective {

    private boolean gone;

    @Override
    public void onValidation(long step, Score score) {
      long due = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(1100);
      while (System.nanoTime() - due < 0) {
        Thread.onSpinWait(); // until they must be told that this one is alive
      }
      gone = true;
    }

    @Override
    public int rank() {
      return 0;
    }

    @Override
    public int size() {
      return 1;
    }

    @Override
    public void sum(float[] values) throws IOException {
      if (gone) {
        throw new IOException("they are gone");
      }
    }

    @Override
    public void close() {}
  }

  /** A sample may take longer than they wait, and its failure is none of the sample's. */
  @Test
  void otherRanksHearOfThisOneWhileItSamples() throws IOException {
    String[] tiny = InProcess.tiny("--save-interval 0").strip().split(" ", -1);
    RunOptions options = CommandLine.populateCommand(new RunOptions(), tiny);
    options.data = InProcess.writeText(folder);
    RunConfig config = RunConfig.resolve(null, options);
    config.engine().load(config.options().threads);
    TaskData data = Tasks.of(config).load(config, line -> {});
    RunConfig settled = TrainingRun.settled(config, data);
    ServeOptions serve = CommandLine.populateCommand(new ServeOptions(), "--serve=0");
    Ranks ranks = new Ranks();
    RunWriter writer = RunWriter.create(folder.resolve("run"));
    try (RunWatcher watcher = new RunWatcher(ranks, serve, false);
        TrainingRun run =
            TrainingRun.open(settled, writer, data, watcher, RankLink.over(ranks, 0))) {
      watcher.follow(run, writer);
      UncheckedIOException lost =
          assertThrows(UncheckedIOException.class, () -> run.train(() -> false));
      assertInstanceOf(LostRanksException.class, lost.getCause());
    }
  }
}
