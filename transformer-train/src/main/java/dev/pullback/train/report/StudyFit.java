package dev.pullback.train.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.pullback.train.InputException;
import dev.pullback.train.scaling.Estimate;
import dev.pullback.train.scaling.HoldOut;
import dev.pullback.train.scaling.LawBootstrap;
import dev.pullback.train.scaling.LawFit;
import dev.pullback.train.scaling.LawFitter;
import dev.pullback.train.scaling.LossPoint;
import dev.pullback.train.scaling.ScalingData;
import dev.pullback.train.scaling.ScalingLaw.Form;
import dev.pullback.train.scaling.SpeedUp;
import dev.pullback.train.scaling.TokenRatio;
import dev.pullback.train.study.Study;
import dev.pullback.train.study.StudyPlan;
import dev.pullback.train.study.StudyRow;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.ToLongFunction;
import java.util.stream.Collectors;
import java.util.stream.DoubleStream;
import java.util.stream.IntStream;
import org.hipparchus.util.FastMath;

/** Laws fitted to what is complete of a study of text; every sentence follows from an interval. */
public final class StudyFit {

  /** Draws for a claim. */
  static final int DRAWS = 1000;

  /** A law has no meaning with fewer sizes, nor have an optimiser's efficiencies. */
  static final int SIZES = 3;

  private static final long SEED = 1;
  private static final int CURVE_POINTS = 25;

  private final StudyPlan plan;
  private final Set<String> sizes;
  private final String baseline;
  private final int draws;
  private final List<LossPoint> points;
  private final List<String> notes;
  private final StudyLaw law;

  private StudyFit(Study study, List<StudyRow> rows, Set<String> sizes, String baseline, int draws)
      throws IOException {
    this.plan = study.plan();
    this.sizes = sizes;
    this.baseline = baseline;
    this.draws = draws;
    List<StudyRow> chosen = rows.stream().filter(row -> sizes.contains(row.size())).toList();
    StudyPoints complete = StudyPoints.of(plan, chosen, baseline);
    this.points = complete.points();
    this.notes = new ArrayList<>(complete.notes());
    List<LossPoint> fitted = fittable();
    LawBootstrap bootstrap = fitted.isEmpty() ? null : bootstrap(fitted);
    List<StudyLaw.SpeedUpAt> speedUps = speedUps(bootstrap);
    List<StudyLaw.HeldOut> heldOut = bootstrap == null ? List.of() : heldOut(fitted);
    List<StudyLaw.Prediction> predictions = bootstrap == null ? List.of() : predictions(bootstrap);
    StudyTuning tuning = StudyTuning.of(study, rows);
    notes.addAll(tuning.notes());
    this.law =
        new StudyLaw(
            baseline,
            draws,
            SEED,
            bootstrap == null ? null : law(bootstrap, fitted),
            speedUps,
            heldOut,
            predictions,
            tuning.hyperparameters(),
            tuning.sensitivities(),
            List.copyOf(notes));
  }

  /**
   * Fits what is complete so far.
   *
   * @param study a study of language models
   * @param baseline the name in the plan that the others are compared with
   * @param sizes names of the sizes that laws of the loss are fitted to, all of them if empty; laws
   *     of hyperparameters have all that are tuned
   * @param draws how often seeds are resampled, 1 or more; 1,000 or more for a claim
   * @return the fits
   * @throws InputException if the plan has no such name, or nothing can be fitted
   * @throws IOException if the study cannot be read
   */
  public static StudyFit of(Study study, String baseline, Set<String> sizes, int draws)
      throws IOException {
    InputException.atLeast("--draws", draws, 1);
    StudyReport.requireBaseline(study.plan(), baseline);
    if (sizes(study.plan()) == 0) {
      throw new InputException(
          "laws are fitted to studies of language models, whose sizes without embeddings are known; this study has another task");
    }
    Set<String> known = study.plan().sizes().keySet();
    for (String size : sizes) {
      if (!known.contains(size)) {
        throw new InputException(
            "the plan has no size '%s'; it has %s".formatted(size, String.join(", ", known)));
      }
    }
    StudyFit fit =
        new StudyFit(study, study.rows(), sizes.isEmpty() ? known : sizes, baseline, draws);
    if (fit.law.nothing()) {
      throw new InputException(
          "nothing can be fitted yet; run more trials: " + String.join(" ", fit.law.notes()));
    }
    return fit;
  }

  /** Returns what the page shows; null where the plan has too few sizes for a law. */
  static StudyLaw forPage(Study study, List<StudyRow> rows, String baseline) throws IOException {
    return sizes(study.plan()) < SIZES
        ? null
        : new StudyFit(study, rows, study.plan().sizes().keySet(), baseline, DRAWS).law;
  }

  /** Returns how many sizes of models there are; 0 of other tasks. */
  private static long sizes(StudyPlan plan) {
    return plan.sizes().values().stream()
        .map(StudyPlan.Size::weights)
        .filter(weights -> weights != null)
        .distinct()
        .count();
  }

  /**
   * Returns the fits for terminals and repositories.
   *
   * @return Markdown
   */
  public String markdown() {
    return StudyFitText.of(law);
  }

  /**
   * Returns the fits for programs.
   *
   * @return a JSON object; what is infinite is null
   * @throws JsonProcessingException never, as all of it is numbers and text
   */
  public String json() throws JsonProcessingException {
    return new ObjectMapper().writerWithDefaultPrettyPrinter().writeValueAsString(law) + "\n";
  }

  private List<String> others(List<LossPoint> of) {
    return of.stream()
        .map(LossPoint::optimizer)
        .filter(name -> !name.equals(baseline))
        .distinct()
        .toList();
  }

  private static List<LossPoint> only(List<LossPoint> points, String... optimizers) {
    return points.stream().filter(p -> List.of(optimizers).contains(p.optimizer())).toList();
  }

  /** The points of the baseline, and of all others that one law can have beside it. */
  private List<LossPoint> fittable() {
    List<LossPoint> own = only(points, baseline);
    if (sizes(own) < SIZES) {
      notes.add(
          "No law: it takes evaluation trials of %s at %d sizes or more; there are some at %d."
              .formatted(baseline, SIZES, sizes(own)));
      return List.of();
    }
    List<LossPoint> fitted = new ArrayList<>(own);
    List<String> few = new ArrayList<>();
    for (String name : others(points)) {
      if (sizes(only(points, name)) < SIZES) {
        few.add(name);
        continue;
      }
      try {
        LawFitter.forData(ScalingData.of(only(points, baseline, name)));
        fitted.addAll(only(points, name));
      } catch (IllegalArgumentException e) {
        notes.add("%s is left out of the law: %s.".formatted(name, e.getMessage()));
      }
    }
    if (!few.isEmpty()) {
      notes.add(
          "Left out of the law, evaluated at fewer than %d sizes: %s."
              .formatted(SIZES, String.join(", ", few)));
    }
    return fitted;
  }

  private static long sizes(List<LossPoint> points) {
    return points.stream().mapToDouble(LossPoint::parameters).distinct().count();
  }

  private LawBootstrap bootstrap(List<LossPoint> fitted) {
    try {
      ScalingData data = ScalingData.of(fitted);
      return LawBootstrap.of(LawFitter.forData(data), data, draws, SEED);
    } catch (IllegalArgumentException | IllegalStateException e) {
      notes.add("No law: %s.".formatted(e.getMessage()));
      return null;
    }
  }

  private StudyLaw.Law law(LawBootstrap bootstrap, List<LossPoint> fitted) {
    LawFit lbfgs = bootstrap.fit();
    Form form = lbfgs.law().form();
    LawFit projected =
        new LawFitter(form, LawFitter.DELTA).byVariableProjection(ScalingData.of(fitted));
    Map<String, Double> values = projected.law().values();
    List<StudyLaw.Parameter> parameters = new ArrayList<>();
    bootstrap
        .parameters()
        .forEach(
            (name, estimate) ->
                parameters.add(
                    new StudyLaw.Parameter(
                        name, Bounds.finite(values.get(name)), Bounds.of(estimate))));
    double ratio = commonRatio();
    return new StudyLaw.Law(
        form == Form.ONE_RATIO
            ? "L(N) = E + A / (rho N)^alpha"
            : "L(N, D) = E + A / (rho_N N)^alpha + B / (rho_D D)^beta",
        fitted.size(),
        bootstrap.failures(),
        List.of(solver("variable projection", projected), solver("L-BFGS", lbfgs)),
        parameters,
        others(fitted).stream().map(name -> efficiency(bootstrap, name)).toList(),
        ratio,
        lbfgs.law().efficiencies().keySet().stream()
            .map(name -> curve(bootstrap, name, ratio))
            .toList());
  }

  private static StudyLaw.Solver solver(String name, LawFit fit) {
    return new StudyLaw.Solver(name, fit.objective(), fit.converged());
  }

  private StudyLaw.Efficiency efficiency(LawBootstrap bootstrap, String name) {
    boolean one = bootstrap.fit().law().form() == Form.ONE_RATIO;
    StudyLaw.Claim parameters =
        StudyLaw.Claim.of(bootstrap.estimate(l -> l.efficiencies().get(name).parameters()));
    StudyLaw.Claim tokens =
        one
            ? null
            : StudyLaw.Claim.of(bootstrap.estimate(l -> l.efficiencies().get(name).tokens()));
    String sentence =
        "%s: one parameter counts as %s of those of %s, %s"
            .formatted(name, parameters.ratio().text(), baseline, parameters.verdict());
    return new StudyLaw.Efficiency(
        name,
        parameters,
        tokens,
        one
            ? sentence + " (with its tokens, as all runs have one ratio of tokens to parameters)."
            : "%s; one token as %s, %s."
                .formatted(sentence, tokens.ratio().text(), tokens.verdict()));
  }

  /** Tokens a parameter that the baseline was run with at the most sizes. */
  private double commonRatio() {
    List<LossPoint> own = only(points, baseline);
    ToLongFunction<Double> sizes =
        ratio ->
            own.stream()
                .filter(p -> isNear(p, ratio))
                .mapToDouble(LossPoint::parameters)
                .distinct()
                .count();
    return own.stream()
        .map(p -> p.tokens() / p.parameters())
        .distinct()
        .max(Comparator.comparingLong(sizes))
        .orElseThrow();
  }

  private static boolean isNear(LossPoint point, double ratio) {
    return TokenRatio.areSame(point.tokens() / point.parameters(), ratio);
  }

  private StudyLaw.Curve curve(LawBootstrap bootstrap, String name, double ratio) {
    double[] sizes = points.stream().mapToDouble(LossPoint::parameters).sorted().toArray();
    double step = FastMath.log(sizes[sizes.length - 1] / sizes[0]) / (CURVE_POINTS - 1);
    List<StudyLaw.At> line =
        IntStream.range(0, CURVE_POINTS)
            .mapToDouble(i -> sizes[0] * FastMath.exp(i * step))
            .mapToObj(n -> at(n, bootstrap.estimate(l -> l.loss(name, n, ratio * n))))
            .toList();
    Map<Double, List<LossPoint>> bySize =
        only(points, name).stream()
            .filter(p -> isNear(p, ratio))
            .collect(
                Collectors.groupingBy(
                    LossPoint::parameters, LinkedHashMap::new, Collectors.toList()));
    List<StudyLaw.At> means = new ArrayList<>();
    bySize.forEach(
        (n, own) ->
            means.add(at(n, Estimate.mean(own.stream().mapToDouble(LossPoint::loss).toArray()))));
    return new StudyLaw.Curve(name, line, means);
  }

  private static StudyLaw.At at(double parameters, Estimate value) {
    return new StudyLaw.At(parameters, Bounds.of(value));
  }

  private List<StudyLaw.SpeedUpAt> speedUps(LawBootstrap bootstrap) {
    List<StudyLaw.SpeedUpAt> speedUps = new ArrayList<>();
    boolean curves = false;
    for (String name : others(points)) {
      boolean fitted = bootstrap != null && bootstrap.fit().law().efficiencies().containsKey(name);
      for (LossPoint cell : cells(name)) {
        double n = cell.parameters();
        double d = cell.tokens();
        boolean curve = tokens(n).distinct().count() > 1;
        curves |= curve;
        if (fitted || curve) {
          speedUps.add(
              new StudyLaw.SpeedUpAt(
                  name,
                  n,
                  d,
                  fitted ? StudyLaw.Claim.of(SpeedUp.ofLaw(bootstrap, name, baseline, n, d)) : null,
                  curve
                      ? StudyLaw.Claim.of(
                          SpeedUp.measured(points, name, baseline, n, d, draws, SEED))
                      : null));
        }
      }
    }
    if (!curves) {
      notes.add(
          "No measured speed-up: it takes %s with two numbers of tokens or more at one size, and another optimiser there."
              .formatted(baseline));
    }
    return speedUps;
  }

  private DoubleStream tokens(double parameters) {
    return only(points, baseline).stream()
        .filter(p -> p.parameters() == parameters)
        .mapToDouble(LossPoint::tokens);
  }

  /** A point of each size and number of tokens. */
  private List<LossPoint> cells(String name) {
    Map<List<Double>, LossPoint> cells = new LinkedHashMap<>();
    only(points, name).forEach(p -> cells.put(List.of(p.parameters(), p.tokens()), p));
    return List.copyOf(cells.values());
  }

  private List<StudyLaw.HeldOut> heldOut(List<LossPoint> fitted) {
    double largest = fitted.stream().mapToDouble(LossPoint::parameters).max().orElseThrow();
    List<String> seen =
        fitted.stream()
            .filter(p -> p.parameters() < largest)
            .map(LossPoint::optimizer)
            .distinct()
            .toList();
    try {
      return HoldOut.ofLargest(
              fitted.stream().filter(p -> seen.contains(p.optimizer())).toList(), draws, SEED)
          .stream()
          .map(StudyFit::heldOut)
          .toList();
    } catch (IllegalArgumentException | IllegalStateException e) {
      notes.add("The largest size is not predicted from the others: %s.".formatted(e.getMessage()));
      return List.of();
    }
  }

  private static StudyLaw.HeldOut heldOut(HoldOut cell) {
    Bounds predicted = Bounds.of(cell.predicted());
    String sentence =
        "%s: %s predicted, %s came out, %s the interval."
            .formatted(
                cell.optimizer(),
                predicted.text(),
                Bounds.number(cell.observed()),
                cell.isInside() ? "inside" : "outside");
    return new StudyLaw.HeldOut(
        cell.optimizer(),
        cell.parameters(),
        cell.tokens(),
        cell.seeds(),
        cell.observed(),
        predicted,
        cell.isInside(),
        sentence);
  }

  private List<StudyLaw.Prediction> predictions(LawBootstrap bootstrap) {
    Set<String> fitted = bootstrap.fit().law().efficiencies().keySet();
    List<StudyLaw.Prediction> predictions = new ArrayList<>();
    Set<String> oneSeed = new LinkedHashSet<>();
    for (String chosen : sizes) {
      StudyPlan.Size size = plan.sizes().get(chosen);
      for (String name : size.configs().keySet()) {
        if (size.tokens() != null && fitted.contains(name) && !isEvaluated(name, size)) {
          try {
            predictions.add(prediction(bootstrap, name, size));
          } catch (IllegalArgumentException e) {
            oneSeed.add(name);
          }
        }
      }
    }
    if (!oneSeed.isEmpty()) {
      notes.add(
          "No prediction of %s: it takes two seeds at one size."
              .formatted(String.join(", ", oneSeed)));
    }
    return predictions;
  }

  private boolean isEvaluated(String name, StudyPlan.Size size) {
    double ratio = (double) size.tokens() / size.weights();
    return only(points, name).stream()
        .anyMatch(p -> p.parameters() == size.weights() && isNear(p, ratio));
  }

  private static StudyLaw.Prediction prediction(
      LawBootstrap bootstrap, String name, StudyPlan.Size size) {
    int seeds = size.seeds().size();
    Bounds predicted = Bounds.of(bootstrap.prediction(name, size.weights(), size.tokens(), seeds));
    return new StudyLaw.Prediction(
        name,
        size.weights(),
        size.tokens(),
        seeds,
        predicted,
        "%s: %s predicted, not evaluated yet.".formatted(name, predicted.text()));
  }
}
