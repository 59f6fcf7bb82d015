package dev.pullback.optim;

import ai.djl.TrainingDivergedException;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDScope;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Block;
import ai.djl.training.Trainer;
import ai.djl.training.listener.TrainingListener;
import ai.djl.training.loss.Loss;
import ai.djl.training.optimizer.Optimizer;
import dev.pullback.engine.EngineSupport;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A DJL optimiser that updates the whole model in one step, although DJL calls it once per
 * parameter in an arbitrary order.
 *
 * <p>It must know the model: add it to the training listeners of a {@code Trainer}, or {@link
 * #bind} it to a block. The first {@link #update} of a step finds all gradients present, carries
 * out the whole step in block order and clears the gradients; the other calls of that step return.
 *
 * <p>A step that is refused changes no weight and no state. Values that cannot be used are handled
 * by the {@link NonFinitePolicy}; misuse (unbound, a missing loss, several devices) is an {@link
 * IllegalStateException} and keeps the gradients too, so that the step can be repeated.
 *
 * <p>Not thread-safe, as DJL's trainer is not. Close it to free its state.
 */
public class StepOptimizer extends Optimizer implements TrainingListener, AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(StepOptimizer.class);

  private final Recipe recipe;
  private final StepSettings settings;
  private final List<Consumer<StepReport>> reportListeners;
  private final LossObserver losses = new LossObserver();
  private final OptimizerState state = new OptimizerState();
  private final Components components = new Components();
  private final Ranks ranks;
  private final SkippedSteps skipped;
  private final Set<String> awaited = new HashSet<>();
  private LossObserver latestLosses = new LossObserver();
  private ModelStep latest;
  private EvaluationWeights evaluating;
  private final Binding binding = new Binding();
  private Map<String, BoundModel.Named> current = Map.of();
  private RuntimeException deferred;
  private boolean ranksCompared;
  private boolean batchSeen;
  private boolean updateSeen;

  StepOptimizer(StepOptimizerBuilder<?> builder) {
    super(builder);
    this.recipe = builder.recipe().with(builder.averaging());
    this.settings = builder.settings();
    this.skipped = new SkippedSteps(settings);
    this.ranks = builder.collective() == null ? null : new Ranks(builder.collective());
    this.reportListeners = new ArrayList<>(builder.reportListeners());
    EngineSupport.preferServerThatPassesOnExceptions();
  }

  /**
   * Starts an optimiser with one rule for all parameters.
   *
   * @param rule the algorithm
   * @return the builder
   */
  public static StepOptimizerBuilder<?> builder(UpdateRule rule) {
    return builder(List.of(ParameterGroup.rest(rule)));
  }

  /**
   * Starts an optimiser with rules for groups of parameters.
   *
   * @param groups at least one; a parameter belongs to the first that takes it
   * @return the builder
   * @throws IllegalArgumentException if there is no group
   */
  public static StepOptimizerBuilder<?> builder(List<ParameterGroup> groups) {
    return builder(groups.size() == 1 ? groups.get(0).rule().name() : "groups", groups);
  }

  /**
   * Starts an optimiser with rules for groups of parameters, under a name of its own.
   *
   * @param name for messages
   * @param groups at least one; a parameter belongs to the first that takes it
   * @return the builder
   * @throws IllegalArgumentException if there is no group
   */
  public static StepOptimizerBuilder<?> builder(String name, List<ParameterGroup> groups) {
    return builder(name, groups, Map.of());
  }

  /** Starts an optimiser whose users know hyperparameters by other names than its rules. */
  static StepOptimizerBuilder<?> builder(
      String name, List<ParameterGroup> groups, Map<String, String> names) {
    return new RuleBuilder(new Recipe(name, groups, null, names));
  }

  /**
   * Binds the optimiser to the block whose parameters it updates. A {@code Trainer} whose listeners
   * contain the optimiser does this by itself.
   *
   * <p>On MXNet, whose gradients do not add up by themselves, bind the block again after loading or
   * unfreezing parameters in between, unless a {@code Trainer} or an observed loss tells the
   * optimiser of them before the step.
   *
   * @param block the block; it may be initialised later
   * @throws IllegalStateException if the optimiser has already trained another block
   */
  public void bind(Block block) {
    if (binding.isBound() && !binding.isTo(block) && state.step() > 0) {
      throw new IllegalStateException(
          "This optimiser has already trained another model for "
              + state.step()
              + " steps; build one optimiser per model");
    }
    binding.to(block);
    awaited.clear();
    deferred = null;
  }

  /**
   * Decorates a loss so that the optimiser sees the value that is differentiated. The log embedding
   * needs it; for the others it only completes the {@link StepReport}. Values that are not
   * differentiated, as in validation, do not count. (An engine tells by thread: PyTorch by the
   * value itself, MXNet by the open gradient collector.)
   *
   * <p>On PyTorch, DJL's {@code L2Loss} and {@code QuantileL1Loss}, alone or in a {@code
   * SimpleCompositeLoss}, can have a wrong gradient, because DJL frees a number too early;
   * decorated they have not.
   *
   * @param loss the loss to train with
   * @return a loss with the same name and values, for the {@code TrainingConfig}
   */
  public Loss observe(Loss loss) {
    return losses.decorate(
        loss, this::beforeBackward, settings.nonFinite() == NonFinitePolicy.SKIP);
  }

  /**
   * Passes the loss of the coming step by hand, for programs that do not use a DJL {@link Loss}.
   * Several calls before a step add up, as the gradients do.
   *
   * @param loss the value that is differentiated
   */
  public void observeLoss(NDArray loss) {
    beforeBackward();
    losses.add(loss);
  }

  /**
   * Passes the loss of the coming step as a number.
   *
   * @param loss the value that was differentiated
   */
  public void observeLoss(double loss) {
    beforeBackward();
    losses.add(loss);
  }

  /**
   * Adds a listener that receives a report of every step. With a listener present the loss is read
   * from the device in each step.
   *
   * @param listener called at the end of each step
   */
  public void addReportListener(Consumer<StepReport> listener) {
    reportListeners.add(listener);
  }

  /**
   * {@inheritDoc}
   *
   * <p>Exceptions cannot pass through MXNet's key-value server. DJL uses it only where the system
   * property {@code ai.djl.use_local_parameter_server} is false; building an optimiser of this
   * library sets it to true unless it is set already. Behind that server an exception is raised
   * later, once: by the next loss that is observed, the next call of this listener, the next {@link
   * #step}, or {@link #close}.
   *
   * @throws IllegalStateException if the optimiser is not bound, the parameter does not belong to
   *     the bound block, several devices are used, or the loss is needed and missing
   * @throws TrainingDivergedException if the step's values cannot be used and the policy is to
   *     raise
   */
  @Override
  public void update(String parameterId, NDArray weight, NDArray grad) {
    updateSeen = true;
    try {
      updateOne(parameterId, weight);
    } catch (RuntimeException e) {
      if (binding.holds(parameterId, weight) || !EngineSupport.of(weight).losesExceptions()) {
        throw e;
      }
      deferred = deferred == null ? e : deferred;
    }
  }

  private void updateOne(String parameterId, NDArray weight) {
    if (!awaited.remove(parameterId)) {
      Map<String, BoundModel.Named> trainable = binding.trainableWith(parameterId, weight);
      awaited.clear();
      current = trainable;
      try {
        runStep(trainable.values());
      } finally {
        awaited.remove(parameterId);
      }
    }
    NDArray array = current.get(parameterId).array();
    if (weight != array) {
      // A key-value server passes its own copy of the weight and pulls it into the parameter later.
      EngineSupport.of(weight).assign(weight, array);
    }
  }

  /**
   * Carries out one step on the bound block: the same as one {@link #update} for each of its
   * trainable parameters. For programs without a {@code Trainer}.
   *
   * @throws IllegalStateException as in {@link #update}
   * @throws TrainingDivergedException as in {@link #update}
   */
  public void step() {
    raiseDeferred();
    try {
      runStep(binding.model().trainable().values());
    } finally {
      awaited.clear();
    }
  }

  /**
   * Drops what has been observed and accumulated for the coming step, gradients of components
   * included, as if there had been no forward and no backward pass. For a backward pass that threw,
   * or one whose result is not wanted.
   *
   * @throws IllegalStateException if the optimiser is not bound
   */
  public void discard() {
    zeroGrad();
    losses.clear();
    components.clear();
  }

  /**
   * Sets the gradients of the bound block to zero, NaN too, and keeps the observed losses; see
   * {@link #discard}. A step does it by itself.
   *
   * @throws IllegalStateException if the optimiser is not bound
   */
  public void zeroGrad() {
    NDList weights = new NDList();
    for (BoundModel.Named named : binding.model().trainable().values()) {
      if (named.parameter().isInitialized() && named.array().hasGradient()) {
        weights.add(named.array());
      }
    }
    if (!weights.isEmpty()) {
      EngineSupport.of(weights.head()).clearGradients(weights);
    }
  }

  /**
   * Compares the weights and the optimiser's state of all ranks, by checksums; they must be equal
   * bit for bit. Running statistics of layers, which are each rank's own, are left out. All ranks
   * must call it alike. The first step does it by itself.
   *
   * @throws IllegalStateException if they differ, on all ranks, naming the first array; or if the
   *     optimiser is not bound
   * @throws java.io.UncheckedIOException if another rank is gone
   */
  public void requireEqualRanks() {
    if (ranks == null) {
      return;
    }
    ranks.requireEqual(binding.model(), state);
    ranksCompared = true;
  }

  /** Called between the forward and the backward pass, or after both. */
  private void beforeBackward() {
    raiseDeferred();
    binding.tellOfPass();
  }

  private void raiseDeferred() {
    RuntimeException e = deferred;
    deferred = null;
    if (e != null) {
      throw e;
    }
  }

  private void runStep(Collection<BoundModel.Named> parameters) {
    requireTrainedWeights("no step can be taken");
    Binding.requireGradients(parameters);
    requireNoneLate(parameters);
    if (ranks != null && !ranksCompared) {
      requireEqualRanks();
    }
    ModelStep step = new ModelStep(recipe, settings, state, losses, components, ranks, parameters);
    EngineSupport engine = EngineSupport.of(parameters.iterator().next().array());
    engine.withoutGradients(
        () -> {
          runStep(step, parameters);
          return step;
        });
    if (!reportListeners.isEmpty()) {
      StepReport report = lastReport();
      reportListeners.forEach(listener -> listener.accept(report));
    }
  }

  private void requireTrainedWeights(String what) {
    if (evaluating != null) {
      throw new IllegalStateException(
          "The model holds the average of its weights; %s within withEvaluationWeights"
              .formatted(what));
    }
  }

  private void requireNoneLate(Collection<BoundModel.Named> parameters) {
    List<BoundModel.Named> late = binding.tell(parameters);
    if (!late.isEmpty()) {
      for (BoundModel.Named named : late) {
        state.entry(named.info(), recipe, named.array()); // of that shape?
      }
      throw new IllegalStateException(
          ("Parameter %s was loaded or unfrozen after the optimiser had been bound, and MXNet keeps"
                  + " the gradient of its last backward pass only: call optimizer.bind(block)"
                  + " afterwards. If there was one pass, this step can be repeated")
              .formatted(late.get(0).path()));
    }
  }

  /**
   * Describes the latest step. Its loss is read from the device only here; everything else is on
   * the host already.
   *
   * @return what the step did, or that it was left out or raised an exception for its values
   * @throws IllegalStateException if there was none
   */
  public StepReport lastReport() {
    if (latest == null) {
      throw new IllegalStateException("This optimiser has not taken a step yet");
    }
    return latest.report(latestLosses);
  }

  private void runStep(ModelStep step, Collection<BoundModel.Named> parameters) {
    try (NDScope scope = new NDScope()) {
      scope.suppressNotUsedWarning();
      try {
        step.run();
      } catch (TrainingDivergedException e) {
        endStep(step, parameters);
        skipped.add(e);
        return;
      }
      skipped.endRow();
      endStep(step, parameters);
    }
  }

  /** Clears gradients (NaN too) and losses: both belong to the step that is over. */
  private void endStep(ModelStep step, Collection<BoundModel.Named> parameters) {
    latest = step;
    latestLosses.clear();
    latestLosses = losses.take();
    components.clear();
    NDList weights = new NDList(parameters.size());
    for (BoundModel.Named named : parameters) {
      awaited.add(named.parameter().getId());
      weights.add(named.array());
    }
    if (!step.gradientsCleared()) {
      EngineSupport.of(weights.head()).clearGradients(weights);
    }
    binding.tell(parameters);
  }

  /** Returns the live state, which the optimiser owns. */
  OptimizerState state() {
    return state;
  }

  /**
   * Returns how many steps were taken, those before a saved state was loaded included.
   *
   * @return the count, without steps that were left out
   */
  public long steps() {
    return state.step();
  }

  /**
   * Returns how many steps were left out under {@link NonFinitePolicy#SKIP}.
   *
   * @return the count since the optimiser was built
   */
  public long skippedSteps() {
    return skipped.count();
  }

  /**
   * Returns the optimiser's name.
   *
   * @return that under which {@link Optimizers} knows it, or its rule's
   */
  public String name() {
    return recipe.name();
  }

  /**
   * Tells whether the engine must decompose matrices, which DJL's MXNet engine cannot.
   *
   * @return whether eigendecompositions are needed
   */
  public boolean needsDecompositions() {
    return recipe.groups().stream().anyMatch(group -> group.rule().needsDecompositions());
  }

  /**
   * Names the state of a parameter.
   *
   * @param parameter the parameter
   * @return shapes by name
   */
  public Map<String, Shape> stateShapes(ParameterInfo parameter) {
    return recipe.stateShapes(parameter);
  }

  /**
   * Ends the backward pass of one of several components of the loss, L = Σ L_a: its gradients,
   * which the bound block holds now, are kept apart, and cleared. The step uses their sum.
   *
   * @param loss the component's value
   * @throws IllegalStateException if the optimiser is not bound
   */
  public void endComponent(NDArray loss) {
    observeLoss(loss);
    Collection<BoundModel.Named> parameters = binding.model().trainable().values();
    NDArray any = parameters.iterator().next().array();
    components.add(parameters, state.manager(any));
    NDList weights = new NDList();
    parameters.forEach(named -> weights.add(named.array()));
    EngineSupport.of(any).clearGradients(weights);
  }

  /**
   * Writes the state as safetensors, keyed by the parameters' paths. The optimiser must be bound
   * and the block initialised.
   *
   * @param out where to write; it is not closed
   * @throws IOException if writing fails
   */
  public void saveState(OutputStream out) throws IOException {
    BoundModel bound = binding.model();
    for (BoundModel.Named named : bound.trainable().values()) {
      state.entry(named.info(), recipe, named.array());
    }
    NDArray any = bound.all().get(0).array();
    StateFile.write(state, recipe, trainedWeights(bound), state.manager(any), out);
  }

  /** The weights that a model does not keep which is saved with an average of them. */
  private Map<String, NDArray> trainedWeights(BoundModel bound) {
    Map<String, NDArray> weights = new LinkedHashMap<>();
    if (recipe.averaging() != null) {
      for (BoundModel.Named named : state.withEntry(bound)) {
        weights.put(named.path(), evaluating == null ? named.array() : evaluating.trained(named));
      }
    }
    return weights;
  }

  /**
   * Does something while the model holds the average of its weights, such as an evaluation, or
   * saving the model for its users. A parameter that was frozen later has its average as well, one
   * that was never trained its weight. Afterwards the model holds the weights that are trained
   * again. Without {@link StepOptimizerBuilder#optWeightAveraging} these are the same. In between
   * no step may be taken, no state loaded and the optimiser not closed; {@link #saveState} may be
   * called.
   *
   * @param work what to do
   * @param <T> what it returns
   * @param <E> what it throws
   * @return what it returned
   * @throws E if it did
   * @throws IllegalStateException if the optimiser is not bound, or the average is in the model
   *     already
   */
  public <T, E extends Exception> T withEvaluationWeights(Evaluation<T, E> work) throws E {
    if (evaluating != null) {
      throw new IllegalStateException("The average is in the model already");
    }
    BoundModel bound = binding.model();
    if (recipe.averaging() == null || state.step() == 0) {
      return work.run();
    }
    evaluating = new EvaluationWeights(state, bound);
    try {
      return work.run();
    } finally {
      evaluating.putBack();
      evaluating = null;
    }
  }

  /**
   * What is done with the average of the weights.
   *
   * @param <T> what it returns
   * @param <E> what it throws
   */
  @FunctionalInterface
  public interface Evaluation<T, E extends Exception> {

    /**
     * Does it.
     *
     * @return anything
     * @throws E if it fails
     */
    T run() throws E;
  }

  /**
   * Writes the state to a file, which is replaced in one go and has reached the disk when this
   * returns.
   *
   * @param file the file
   * @throws IOException if writing fails; an earlier file is then untouched
   */
  public void saveState(Path file) throws IOException {
    DurableFile.replace(file, this::saveState);
  }

  /**
   * Replaces the state by one that {@link #saveState} wrote. The optimiser must be bound and the
   * block initialised. Learning rate and weight decay may differ from those of before; the rule's
   * own hyperparameters may not.
   *
   * @param file safetensors
   * @throws IOException if the file cannot be read, is not complete, or holds values that are not
   *     finite; the message begins with the file and the state stays as it was
   * @throws IllegalArgumentException if a tensor is missing, extra, or of another shape or type, or
   *     if another optimiser wrote it or one with other hyperparameters; the message names the
   *     tensor or the values, and the state stays as it was
   * @throws IllegalStateException if the average is in the model, see {@link
   *     #withEvaluationWeights}
   */
  public void loadState(Path file) throws IOException {
    requireTrainedWeights("no state can be loaded");
    StateFile.read(state, recipe, binding.model(), file);
    awaited.clear();
  }

  /**
   * Frees the state. A later step starts from nothing.
   *
   * @throws RuntimeException what {@link #update} threw behind a key-value server and nobody has
   *     seen yet
   * @throws IllegalStateException if the average is in the model, see {@link
   *     #withEvaluationWeights}; nothing is freed then
   */
  @Override
  public void close() {
    requireTrainedWeights("the optimiser cannot be closed");
    losses.clear();
    latestLosses.clear();
    components.clear();
    state.close();
    awaited.clear();
    binding.forgetTrainer();
    raiseDeferred();
  }

  /**
   * {@inheritDoc}
   *
   * @throws IllegalStateException if the trainer has several devices, or another than the model
   */
  @Override
  public void onTrainingBegin(Trainer trainer) {
    Binding.requireOneDevice(trainer);
    bind(trainer.getModel().getBlock());
    binding.of(trainer);
    batchSeen = false;
    updateSeen = false;
  }

  /** {@inheritDoc} */
  @Override
  public void onEpoch(Trainer trainer) {
    raiseDeferred();
    warnIfUnused();
  }

  /** {@inheritDoc} */
  @Override
  public void onTrainingBatch(Trainer trainer, BatchData batchData) {
    batchSeen = true;
    beforeBackward();
  }

  /** {@inheritDoc} */
  @Override
  public void onValidationBatch(Trainer trainer, BatchData batchData) {}

  /** {@inheritDoc} */
  @Override
  public void onTrainingEnd(Trainer trainer) {
    warnIfUnused();
    raiseDeferred();
  }

  /** DJL trains with an optimiser of its own where none was chosen. */
  private void warnIfUnused() {
    if (batchSeen && !updateSeen) {
      LOG.warn(
          "Batches were trained, but not with this optimiser ({}), which is only a listener of the"
              + " training: add .optOptimizer(optimizer) to the training configuration",
          recipe.name());
      updateSeen = true; // say it once
    }
  }
}
