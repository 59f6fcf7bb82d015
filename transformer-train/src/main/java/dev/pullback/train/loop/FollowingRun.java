package dev.pullback.train.loop;

import dev.pullback.train.config.RunConfig;
import dev.pullback.train.store.Checkpoint;
import dev.pullback.train.store.RunFolder;
import dev.pullback.train.task.TaskData;
import dev.pullback.train.task.Workload;
import java.io.IOException;
import java.util.Optional;

/**
 * A training run as a rank above 0 sees it: it takes the steps that rank 0 tells it to, on its part
 * of every batch, and writes nothing.
 */
public final class FollowingRun implements AutoCloseable {

  private final RankLink link;
  private final Workload work;
  private final Stepper stepper;
  private final long seed;
  private long step;

  private FollowingRun(RankLink link, Workload work, Stepper stepper, long seed) {
    this.link = link;
    this.work = work;
    this.stepper = stepper;
    this.seed = seed;
  }

  /**
   * Prepares a run, at the step of its latest checkpoint if there is one. On failure the link is
   * closed.
   *
   * @param config the configuration, as rank 0 has it
   * @param folder the run's folder, which is read only
   * @param data the task's data
   * @param link to the others, owned from now on
   * @return the run
   * @throws dev.pullback.train.InputException if data, configuration, checkpoint or ranks do not
   *     fit together
   * @throws IOException if another rank is gone
   */
  public static FollowingRun open(RunConfig config, RunFolder folder, TaskData data, RankLink link)
      throws IOException {
    Workload work = null;
    FollowingRun run = null;
    try {
      RunConfig settled = TrainingRun.settled(config, data);
      Optional<Checkpoint> latest = folder.latest();
      link.agree(latest);
      work = data.workload(settled, latest.isEmpty(), link.share());
      run = new FollowingRun(link, work, Stepper.of(settled, work, link), config.options().seed);
      if (latest.isPresent()) {
        Checkpoint checkpoint = latest.get();
        run.step = TrainingState.read(checkpoint.file(TrainingState.FILE)).step();
        work.load(checkpoint);
        run.stepper.resume(checkpoint);
      }
      run.stepper.requireEqualRanks();
      return run;
    } catch (IOException | RuntimeException | Error e) {
      if (run != null) {
        run.close();
      } else {
        if (work != null) {
          work.close();
        }
        link.close();
      }
      throw e;
    }
  }

  /**
   * Follows rank 0 to the end.
   *
   * @return whether the run is complete; otherwise it was stopped
   * @throws ai.djl.TrainingDivergedException if values are not finite any more
   * @throws IOException if another rank is gone
   */
  public boolean follow() throws IOException {
    while (true) {
      switch (link.hear()) {
        case STEP -> {
          step++;
          stepper.seed(seed, step, link.share().rank());
          stepper.step(step);
        }
        case COMPARE -> stepper.requireEqualRanks();
        case WAIT -> {}
        case COMPLETE -> {
          return true;
        }
        case STOPPED -> {
          return false;
        }
      }
    }
  }

  @Override
  public void close() {
    stepper.close();
    work.close();
    link.close();
  }
}
