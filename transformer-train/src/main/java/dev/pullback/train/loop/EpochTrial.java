package dev.pullback.train.loop;

import ai.djl.TrainingDivergedException;
import ai.djl.engine.Engine;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pullback.optim.Kernels;
import dev.pullback.optim.StepReport;
import dev.pullback.train.InputException;
import dev.pullback.train.SplitMix64;
import dev.pullback.train.model.ModelFile;
import dev.pullback.train.store.JsonLines;
import dev.pullback.train.store.RunDirectory;
import dev.pullback.train.study.Trial;
import dev.pullback.train.task.Score;
import dev.pullback.train.task.Subject;
import dev.pullback.train.task.Workload;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/**
 * A trial that trains for epochs. Its folder holds {@code epochs.jsonl}, {@code steps.jsonl} and a
 * checkpoint, from which it goes on with the numbers of a trial that was not interrupted.
 */
public final class EpochTrial implements AutoCloseable {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final long SAVE_NANOS = TimeUnit.SECONDS.toNanos(20);
  private static final String MODEL = "model.safetensors";
  private static final String OPTIMIZER = "optimizer.safetensors";
  private static final String STATE = "state.json";

  /** How far the trial is, and on how many examples it trains. */
  private record State(int epoch, long step, double seconds, int examples) {}

  private final long seed;
  private final RunDirectory directory;
  private final Workload work;
  private final Stepper stepper;
  private final Consumer<String> log;
  private State state;
  private StepReport report;
  private long saved = System.nanoTime();

  private EpochTrial(
      Trial trial,
      RunDirectory directory,
      Subject.Data data,
      Kernels kernels,
      Consumer<String> log) {
    this.log = log;
    this.seed = trial.seed();
    this.directory = directory;
    this.state = new State(0, 0, 0, data.examples());
    this.work = data.workload().apply(seed);
    this.stepper = trial.stepper(work, kernels);
  }

  /**
   * Prepares a trial, at the step of its checkpoint if there is one.
   *
   * @throws InputException if the checkpoint's training examples were not as many as the data's
   */
  public static EpochTrial open(
      Trial trial, Subject.Data data, Path folder, Kernels kernels, Consumer<String> log)
      throws IOException {
    EpochTrial opened = new EpochTrial(trial, new RunDirectory(folder), data, kernels, log);
    try {
      if (opened.directory.hasCheckpoint()) {
        opened.load();
      }
      return opened;
    } catch (IOException | RuntimeException e) {
      opened.close();
      throw e;
    }
  }

  /**
   * Trains.
   *
   * @param epochs after how many to end, counted from the trial's beginning
   * @param stop asked before every step; what the epoch has done is then done again
   * @return whether the trial is complete
   * @throws TrainingDivergedException if values are not finite any more
   */
  public boolean train(int epochs, BooleanSupplier stop) throws IOException {
    Path folder = directory.path();
    try (JsonLines steps = JsonLines.open(folder.resolve("steps.jsonl"), state.step());
        JsonLines lines = JsonLines.open(folder.resolve("epochs.jsonl"), state.step())) {
      while (state.epoch() < epochs) {
        double sum = 0;
        for (int i = 0; i < work.stepsPerEpoch(); i++) {
          if (stop.getAsBoolean()) {
            return false;
          }
          step(i);
          steps.write(StepLine.of(state.step(), report));
          sum += report.loss();
        }
        state = new State(state.epoch() + 1, state.step(), state.seconds(), state.examples());
        Score score = work.score();
        writeEpoch(lines, sum / work.stepsPerEpoch(), score);
        if (!Double.isFinite(score.full())) {
          throw new TrainingDivergedException(
              "After epoch %d the metric is %s".formatted(state.epoch(), score.full()));
        }
        if (state.epoch() == epochs || System.nanoTime() - saved > SAVE_NANOS) {
          save();
          log.accept(
              "%s: epoch %d, loss %.4f, %.4f"
                  .formatted(folder, state.epoch(), sum / work.stepsPerEpoch(), score.paper()));
        }
      }
      return true;
    }
  }

  private void step(int i) {
    long begin = System.nanoTime();
    long number = state.step() + 1;
    Engine engine = work.manager().getEngine();
    engine.setRandomSeed((int) SplitMix64.mix(SplitMix64.mix(seed, "dropout"), number));
    report = stepper.step(state.epoch(), i);
    double seconds = (System.nanoTime() - begin) * 1e-9;
    state = new State(state.epoch(), number, state.seconds() + seconds, state.examples());
  }

  private void writeEpoch(JsonLines lines, double loss, Score score) throws IOException {
    ObjectNode line = JSON.createObjectNode();
    line.put("epoch", state.epoch());
    line.put("step", state.step());
    line.put("seconds", Math.round(state.seconds() * 1e3) / 1e3);
    JsonLines.putFinite(line, "loss", loss);
    JsonLines.putFinite(line, "paper", score.paper());
    JsonLines.putFinite(line, "full", score.full());
    lines.write(line);
  }

  private void save() throws IOException {
    directory.saveCheckpoint(
        folder -> {
          ModelFile.write(work.model().block(), folder.resolve(MODEL));
          stepper.save(folder.resolve(OPTIMIZER));
          RunDirectory.replace(folder.resolve(STATE), JSON.writeValueAsString(state));
        });
    saved = System.nanoTime();
  }

  private void load() throws IOException {
    Path folder = directory.checkpoint();
    State found = JSON.readValue(folder.resolve(STATE).toFile(), State.class);
    if (found.examples() != state.examples()) {
      throw new InputException(
          "%s was trained on %d examples, the data folder has %d; choose another --out, or the data of before"
              .formatted(directory.path(), found.examples(), state.examples()));
    }
    state = found;
    ModelFile.read(work.model().block(), folder.resolve(MODEL));
    stepper.load(folder.resolve(OPTIMIZER));
  }

  @Override
  public void close() {
    stepper.close();
    work.close();
  }
}
