package dev.pullback.optim;

import ai.djl.TrainingDivergedException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.DataType;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.IntFunction;

/**
 * One step of a whole model: everything is looked at before anything changes. The arrays it creates
 * belong to the caller's scope.
 */
final class ModelStep {

  /** The learning rate of the step before, or the largest; for state that contains it. */
  static final String LEARNING_RATE = "learningRate";

  private final Recipe recipe;
  private final StepSettings settings;
  private final OptimizerState state;
  private final LossObserver losses;
  private Components components;
  private final Ranks ranks;
  private final Collection<BoundModel.Named> parameters;
  private final long number;
  private final long trackerStep;
  private final double learningRate;
  private final double weightDecay;
  private final Map<String, Double> rates = new HashMap<>();
  private boolean gradientsCopied;
  private Outcome outcome;

  /** The mean over all ranks; null where there is one rank, or before they have met. */
  private OptionalDouble sharedLoss;

  /** Where it stands when it was refused. */
  private double gradientNorm = Double.NaN;

  /**
   * What a step did.
   *
   * @param norm the gradient's norm before clipping
   * @param trace T, or NaN
   * @param scale s, or NaN
   * @param scalars the numbers to keep
   * @param gradientsCleared whether the arrays that it was given as gradients are zero now
   */
  record Outcome(
      double norm,
      double trace,
      double scale,
      Map<String, Double> scalars,
      boolean gradientsCleared) {}

  ModelStep(
      Recipe recipe,
      StepSettings settings,
      OptimizerState state,
      LossObserver losses,
      Components components,
      Ranks ranks,
      Collection<BoundModel.Named> parameters) {
    this.recipe = recipe;
    this.settings = settings;
    this.state = state;
    this.losses = losses;
    this.components = components;
    this.ranks = ranks;
    this.parameters = parameters;
    this.number = state.step() + 1;
    this.trackerStep = settings.beginNumUpdate() + number;
    this.learningRate = learningRate();
    this.weightDecay = Checks.nonNegative("weight decay", settings.weightDecay().at(trackerStep));
  }

  /** Returns the rate of all parameters, or the largest of those that they have one by one. */
  private double learningRate() {
    if (!settings.learningRate().differsByParameter()) {
      return Checks.nonNegative("learning rate", settings.learningRate().at(trackerStep));
    }
    double largest = 0;
    for (BoundModel.Named named : parameters) {
      double rate = settings.learningRate().at(named.parameter().getId(), trackerStep);
      rates.put(named.path(), Checks.nonNegative("learning rate of " + named.path(), rate));
      largest = Math.max(largest, rate);
    }
    return largest;
  }

  /**
   * Carries out the step.
   *
   * @throws TrainingDivergedException if its values cannot be used; nothing has changed then
   * @throws IllegalStateException if the model or the calls are not as they must be; likewise
   */
  void run() {
    if (recipe.induced() != null) {
      components.require(recipe.induced().components(), number);
    }
    List<NDArray> gradients = new ArrayList<>();
    for (BoundModel.Named named : parameters) {
      requireSupportedType(named);
      NDArray gradient = named.array().getGradient();
      if (gradient.isSparse()) { // an embedding's, if it was asked for
        gradient = gradient.toDense();
        gradientsCopied = true;
      }
      // PyTorch's stand-in for a gradient that was never computed is always float32.
      gradients.add(gradient.toType(named.array().getDataType(), false));
    }
    List<NDArray> raw = total(ranks == null ? gradients : shared(gradients));
    outcome = runNatively(raw).orElseGet(() -> runPortably(raw));
    for (BoundModel.Named named : parameters) {
      state.entries().get(named.path()).finishUpdate(rate(named.path()));
    }
    Map<String, Double> scalars = new LinkedHashMap<>(state.scalars());
    scalars.putAll(outcome.scalars());
    if (recipe.averaging() != null) {
      WeightAveraging.Update update = recipe.averaging().update(learningRate, scalars);
      for (BoundModel.Named named : parameters) {
        update.of(named.array(), state.entries().get(named.path()).arrays());
      }
    }
    scalars.put(LEARNING_RATE, learningRate);
    state.finishStep(scalars);
  }

  /** Returns the means over all ranks. What this rank has is left as it is. */
  private List<NDArray> shared(List<NDArray> gradients) {
    parameters.forEach(Ranks::requireFloat32);
    List<NDArray> own = new ArrayList<>(gradients);
    own.addAll(components.arrays(parameters));
    sharedLoss = ranks.meanLoss(number, own.stream().mapToLong(NDArray::size).sum(), losses);
    List<NDArray> means = ranks.mean(own);
    components = components.with(parameters, means.subList(gradients.size(), means.size()));
    gradientsCopied = true;
    return means.subList(0, gradients.size());
  }

  private List<NDArray> total(List<NDArray> gradients) {
    gradientsCopied |= components.count() > 0;
    List<NDArray> total = new ArrayList<>();
    for (BoundModel.Named named : parameters) {
      total.add(components.total(named, gradients.get(total.size())));
    }
    return total;
  }

  private Outcome runPortably(List<NDArray> raw) {
    GradientTransform.Result gradients = checked(raw);
    return new PortableStep(recipe, core(), groups(gradients::get))
        .run(gradients, components.scaled(gradients.factor()));
  }

  private GradientTransform.Result checked(List<NDArray> raw) {
    boolean check = settings.finiteCheck();
    GradientTransform.Result gradients =
        settings.gradients().apply(raw, parameters, check || recipe.induced() != null);
    gradientNorm = gradients.norm();
    if (check || Double.isFinite(settings.gradients().clipNorm())) {
      gradients.requireUsable(number);
    }
    return gradients;
  }

  /** Returns what was done; if nothing, nothing has changed. */
  private Optional<Outcome> runNatively(List<NDArray> raw) {
    boolean hopeless = NativeStep.missingProgram(recipe).isPresent();
    if (settings.kernels() == Kernels.PORTABLE
        || (settings.kernels() == Kernels.AUTO && hopeless)) {
      return Optional.empty();
    }
    NativeStep step =
        new NativeStep(
            recipe, core(), settings.gradients(), settings.finiteCheck(), groups(raw::get));
    Optional<String> obstacle = step.obstacle();
    Optional<Outcome> done = obstacle.isPresent() ? Optional.empty() : step.run();
    if (done.isEmpty() && settings.kernels() == Kernels.NATIVE) {
      checked(raw);
      throw new IllegalStateException(
          "There is no native step for %s: %s; choose the automatic or the portable kernels"
              .formatted(
                  recipe.name(),
                  obstacle.orElse(
                      "the memory of a weight or gradient is not contiguous, or a"
                          + " gradient's square is beyond float32")));
    }
    return done.map(
        o -> new Outcome(o.norm(), o.trace(), o.scale(), o.scalars(), !gradientsCopied));
  }

  private Optional<InducedCore> core() {
    return Optional.ofNullable(recipe.induced())
        .map(
            form ->
                new InducedCore(
                    form, number, form.embedding().slope(number, this::loss), state.scalars()));
  }

  /** Half precision cannot hold the state: ε and squared gradients leave its range. */
  private static void requireSupportedType(BoundModel.Named named) {
    DataType type = named.array().getDataType();
    if (type != DataType.FLOAT32 && type != DataType.FLOAT64) {
      throw new IllegalStateException(
          "Parameter %s is %s; only float32 and float64 parameters can be trained"
              .formatted(named.path(), type));
    }
  }

  private List<GroupStep> groups(IntFunction<NDArray> gradients) {
    double before = state.scalars().getOrDefault(LEARNING_RATE, 0.0);
    Map<Members, List<ParameterStep>> members = new LinkedHashMap<>();
    recipe
        .groups()
        .forEach(g -> members.put(Members.of(g, learningRate, before), new ArrayList<>()));
    int i = 0;
    for (BoundModel.Named named : parameters) {
      ParameterInfo info = named.info();
      NDArray array = named.array();
      OptimizerState.Entry entry = state.entry(info, recipe, array);
      int place = i++;
      Members own =
          Members.of(
              recipe.groupOf(info),
              rate(info.path()),
              entry.updates() == 0 ? before : entry.lastRate());
      members
          .computeIfAbsent(own, key -> new ArrayList<>())
          .add(
              new ParameterStep(
                  info,
                  array,
                  () -> gradients.apply(place),
                  entry.arrays(),
                  entry.updates() + 1,
                  own.rateRatio()));
    }
    List<GroupStep> groups = new ArrayList<>();
    members.forEach(
        (own, steps) -> {
          double rate = own.rate() * own.group().rateFactor();
          groups.add(
              new GroupStep(
                  own.group().rule(),
                  rate,
                  rate * weightDecay * own.group().decayFactor(),
                  settings.decayMask(),
                  steps));
        });
    return groups;
  }

  /** Parameters of a group that have one learning rate, and had one before. */
  private record Members(ParameterGroup group, double rate, double rateRatio) {

    static Members of(ParameterGroup group, double rate, double before) {
      return new Members(group, rate, rate == 0 ? 0 : before / rate);
    }
  }

  private double rate(String path) {
    return rates.getOrDefault(path, learningRate);
  }

  private double loss() {
    return loss(losses);
  }

  private double loss(LossObserver losses) {
    if (!hasLoss(losses)) {
      throw new IllegalStateException(
          "The embedding needs the training loss of step "
              + number
              + ": train with optimizer.observe(loss) instead of loss, or call"
              + " optimizer.observeLoss(value) before the step");
    }
    return settings.gradients().rescale()
        * (sharedLoss == null ? losses.sum() : sharedLoss.getAsDouble());
  }

  private boolean hasLoss(LossObserver losses) {
    return sharedLoss == null ? losses.hasObserved() : sharedLoss.isPresent();
  }

  /** Returns whether the step has set the gradients to zero. */
  boolean gradientsCleared() {
    return outcome != null && outcome.gradientsCleared();
  }

  /**
   * Describes the step that was carried out, or refused. Reads the loss from the device.
   *
   * @param observed the step's losses
   */
  StepReport report(LossObserver observed) {
    return new StepReport(
        number,
        learningRate,
        hasLoss(observed) ? loss(observed) : Double.NaN,
        outcome == null ? gradientNorm : outcome.norm(),
        outcome == null ? Double.NaN : outcome.trace(),
        outcome == null ? Double.NaN : outcome.scale(),
        outcome == null);
  }
}
