package dev.pullback.train.experiment;

import ai.djl.TrainingDivergedException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pullback.train.FailureReason;
import dev.pullback.train.InputException;
import dev.pullback.train.data.DataDirectory;
import dev.pullback.train.run.RunDirectory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Runs trials and keeps what came of them in a folder: {@code results.json}, and below {@code
 * trials/} a folder for each. What is complete there is not run again; what is not goes on from its
 * checkpoint.
 */
public final class Experiments {

  /** What {@link #run} takes. */
  public static final List<String> TASKS =
      List.of(
          Plan.LOWDIM,
          RegressionSubject.NAME,
          MnistSubject.NAME,
          ShakespeareSubject.NAME,
          Cifar10Subject.NAME,
          Plan.XI,
          Plan.CLIP,
          Plan.EMBEDDING,
          Plan.LOSS,
          Plan.TRANSFER,
          "all");

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String ROW = "row.json";
  private static final String RESULTS = "results.json";

  private final Path out;
  private final Settings settings;
  private final Compute compute;
  private final Subjects subjects;
  private final BooleanSupplier stop;
  private final Consumer<String> log;

  /**
   * What a person may choose.
   *
   * @param optimizers names, or empty for each task's own choice
   * @param seeds seeds of each setting, at least 1
   * @param epochs epochs of each trial, or 0 for the paper's
   * @param search trials of a search for hyperparameters, or 0 for the published ones
   * @param subjects data sets of ablations, or empty for MNIST
   * @param xi values that {@code ablate-xi} tries besides 0
   * @param command what was called, for the report
   */
  public record Settings(
      List<String> optimizers,
      int seeds,
      int epochs,
      int search,
      List<String> subjects,
      List<Double> xi,
      String command) {}

  /**
   * Prepares.
   *
   * @param out the folder, created when it is missing
   * @param settings what was chosen
   * @param compute on what to compute
   * @param data where data sets are
   * @param stop asked between steps whether to stop
   * @param log takes a line now and then
   */
  public Experiments(
      Path out,
      Settings settings,
      Compute compute,
      DataDirectory data,
      BooleanSupplier stop,
      Consumer<String> log) {
    this.out = out;
    this.settings = settings;
    this.compute = compute;
    this.subjects = new Subjects(data, compute, log);
    this.stop = stop;
    this.log = log;
  }

  /**
   * Runs a task.
   *
   * @param task one of {@link #TASKS}
   * @return whether it is complete
   * @throws InputException if the task, an optimiser or a data set cannot be had
   * @throws IOException if results cannot be written
   */
  public boolean run(String task) throws IOException {
    if (!TASKS.contains(task)) {
      throw new InputException(
          "There is no task '%s'; choose one of %s".formatted(task, String.join(", ", TASKS)));
    }
    for (String subject : settings.subjects()) {
      subjects.checkName(subject);
    }
    Plan plan = new Plan(settings.optimizers(), settings.seeds());
    List<String> tasks =
        task.equals("all")
            ? Stream.concat(Stream.of(Plan.LOWDIM), Subjects.NAMES.stream()).toList()
            : List.of(task);
    try {
      for (String each : tasks) {
        if (!(settings.search() > 0 ? search(each, plan) : runAll(trials(each, plan)))) {
          return false;
        }
      }
      return true;
    } finally {
      writeResults();
    }
  }

  private List<Trial> trials(String task, Plan plan) {
    if (Subjects.NAMES.contains(task)) {
      return plan.comparison(task);
    }
    if (task.equals(Plan.LOWDIM)) {
      return plan.lowDimensional();
    }
    List<String> on =
        settings.subjects().isEmpty() ? List.of(MnistSubject.NAME) : settings.subjects();
    List<Trial> trials = new ArrayList<>();
    for (String subject : on) {
      trials.addAll(
          switch (task) {
            case Plan.XI -> plan.xi(subject, settings.xi());
            case Plan.CLIP -> plan.clip(subject);
            case Plan.EMBEDDING -> plan.embedding(subject);
            case Plan.LOSS -> plan.loss(subject, settings.xi());
            default ->
                plan.transfer(
                    subject,
                    subject.equals(Cifar10Subject.NAME)
                        ? ShakespeareSubject.NAME
                        : Cifar10Subject.NAME);
          });
    }
    return trials;
  }

  private boolean runAll(List<Trial> trials) throws IOException {
    for (int i = 0; i < trials.size(); i++) {
      Trial trial = trials.get(i);
      Optional<Row> row = run(trial);
      if (row.isEmpty() || !complete(row.get(), trial)) {
        return false;
      }
      log.accept("[%d/%d] %s".formatted(i + 1, trials.size(), describe(trial, row.get())));
    }
    return true;
  }

  private static String describe(Trial trial, Row row) {
    String name =
        "%s %s %s%s seed %d"
            .formatted(
                trial.task(),
                trial.subject(),
                trial.optimizer(),
                trial.variant() == null ? "" : " " + trial.variant(),
                trial.seed());
    if (row.failed()) {
      return name + ": failed. " + row.failure();
    }
    String steps = row.epochs() == null ? row.steps() + " steps" : row.epochs() + " epochs";
    return "%s: %s, final %.6g, best %.6g".formatted(name, steps, row.finalValue(), row.best());
  }

  /** Runs a trial or goes on with it; empty if it was stopped before there was anything. */
  private Optional<Row> run(Trial trial) throws IOException {
    Path folder = out.resolve(trial.folder());
    Path file = folder.resolve(ROW);
    if (Files.exists(file)) {
      Row row = Row.read(file);
      if (!row.hyperparameters().equals(trial.hyperparameters())) {
        throw new InputException(
            "%s holds a trial with other hyperparameters; choose another --out".formatted(folder));
      }
      if (complete(row, trial)) {
        return Optional.of(row);
      }
    }
    Optional<Row> row =
        trial.task().equals(Plan.LOWDIM)
            ? Optional.of(lowDimensional(trial, folder))
            : train(trial, folder);
    if (row.isPresent()) {
      RunDirectory.replace(file, row.get().toJson());
      writeResults();
    }
    return row;
  }

  private boolean complete(Row row, Trial trial) {
    return row.failed() || row.epochs() == null || row.epochs() >= epochs(trial);
  }

  private int epochs(Trial trial) {
    return settings.epochs() > 0 ? settings.epochs() : subjects.get(trial.subject()).epochs();
  }

  private static void createFolder(Path folder) {
    try {
      Files.createDirectories(folder);
    } catch (IOException e) {
      throw new InputException(
          "cannot write to --out %s: %s".formatted(folder, FailureReason.of(e)), e);
    }
  }

  private Row lowDimensional(Trial trial, Path folder) throws IOException {
    createFolder(folder);
    LowDimensionalTrial.Path path = LowDimensionalTrial.run(trial, compute);
    ObjectNode node = JSON.createObjectNode();
    node.set("x", JSON.valueToTree(path.x()));
    node.set("y", JSON.valueToTree(path.y()));
    node.set("f", JSON.valueToTree(path.f()));
    RunDirectory.replace(folder.resolve("path.json"), JSON.writeValueAsString(node));
    return Row.of(trial, path);
  }

  private Optional<Row> train(Trial trial, Path folder) throws IOException {
    Subject subject = subjects.get(trial.subject());
    createFolder(folder);
    String failure = null;
    try (EpochTrial running = EpochTrial.open(trial, subject, folder, compute.kernels(), log)) {
      running.train(epochs(trial), stop);
    } catch (TrainingDivergedException e) {
      failure = e.getMessage();
    }
    Row row = Row.of(trial, subject, folder, failure);
    return row.failed() || row.epochs() > 0 ? Optional.of(row) : Optional.empty();
  }

  /**
   * Tries hyperparameters, the same number for every optimiser, and runs the best of each again on
   * fresh seeds.
   */
  private boolean search(String task, Plan plan) throws IOException {
    List<Trial> again = new ArrayList<>();
    if (task.equals(Plan.LOWDIM)) {
      for (TestFunction function : TestFunction.values()) {
        for (String name : plan.optimizers(SearchSpace.LOWDIM_OPTIMIZERS)) {
          List<Trial> tried = new ArrayList<>();
          for (Map<String, Double> point :
              SearchSpace.lowDimensional(name).points(settings.search(), 0)) {
            tried.add(Plan.lowDimensional(function, searched(tried.size()), name, point));
          }
          if (!runAll(tried)) {
            return false;
          }
        }
      }
      return true;
    }
    if (!Subjects.NAMES.contains(task)) {
      throw new InputException("--search goes with lowdim and the data sets, not with " + task);
    }
    for (String name : plan.optimizers(Plan.OPTIMIZERS)) {
      List<Trial> tried = new ArrayList<>();
      for (Map<String, Double> point :
          SearchSpace.training(task, name).points(settings.search(), 0)) {
        tried.add(new Trial(task, task, searched(tried.size()), name, null, 0, point));
      }
      if (!runAll(tried)) {
        return false;
      }
      best(tried)
          .ifPresent(
              best ->
                  plan.seeds(task, task, "searched", name, null, best.hyperparameters())
                      .forEach(again::add));
    }
    return runAll(again);
  }

  private static String searched(int number) {
    return "search-%03d".formatted(number);
  }

  private Optional<Trial> best(List<Trial> tried) {
    Goal goal = subjects.get(tried.get(0).subject()).goal();
    Comparator<Double> order = Comparator.naturalOrder();
    if (goal == Goal.HIGHER) {
      order = order.reversed();
    }
    Comparator<Double> wanted = order;
    return tried.stream()
        .filter(trial -> row(trial).best() != null && !row(trial).failed())
        .min((a, b) -> wanted.compare(row(a).best(), row(b).best()));
  }

  private Row row(Trial trial) {
    return Row.read(out.resolve(trial.folder()).resolve(ROW));
  }

  /** Collects the rows of all trials in the folder, of this and of earlier calls. */
  private void writeResults() throws IOException {
    Path trials = out.resolve("trials");
    if (!Files.isDirectory(trials)) {
      return;
    }
    ObjectNode results = JSON.createObjectNode();
    results.put("command", settings.command());
    ArrayNode rows = results.putArray("rows");
    try (Stream<Path> files = Files.walk(trials)) {
      for (Path file : files.filter(f -> f.endsWith(ROW)).sorted().toList()) {
        rows.add(JSON.readTree(file.toFile()));
      }
    }
    RunDirectory.replace(
        out.resolve(RESULTS), JSON.writerWithDefaultPrettyPrinter().writeValueAsString(results));
  }
}
