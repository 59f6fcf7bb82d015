package dev.pullback.optim;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.ndarray.NDArray;
import ai.djl.nn.Block;
import ai.djl.training.Trainer;
import dev.pullback.engine.EngineSupport;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/** The model that an optimiser trains, and everything that can be wrong about it. */
final class Binding {

  private final GradientAccumulation accumulation = new GradientAccumulation();
  private BoundModel model;
  private Trainer trainer;

  /** Binds to a block, of a trainer or of none. */
  void to(Block block) {
    model = new BoundModel(block);
    trainer = null;
    accumulation.start(model.trainable().values());
  }

  /** Remembers whose block it is. */
  void of(Trainer owner) {
    trainer = owner;
  }

  /** Refuses a trainer with several devices, or with another than its model. */
  static void requireOneDevice(Trainer trainer) {
    if (trainer.getDevices().length > 1) {
      throw new IllegalStateException(
          "This optimiser trains on one device, but the trainer has "
              + trainer.getDevices().length
              + ": configure one with optDevices(new Device[] {device})");
    }
    Device device = trainer.getDevices()[0];
    Model trained = trainer.getModel();
    Device own = trained.getNDManager().getDevice();
    if (!device.equals(own)) {
      throw new IllegalStateException(
          ("The trainer trains on %s while the model is on %s: create the model with"
                  + " Model.newInstance(name, device), or name its device with"
                  + " optDevices(new Device[] {device})")
              .formatted(device, own));
    }
  }

  void forgetTrainer() {
    trainer = null;
  }

  boolean isTo(Block block) {
    return model != null && model.block() == block;
  }

  boolean isBound() {
    return model != null;
  }

  /** Returns what is bound. */
  BoundModel model() {
    if (model == null) {
      throw new IllegalStateException(
          "The optimiser does not know its model: add it to the training configuration with"
              + " addTrainingListeners(optimizer), or call optimizer.bind(block)");
    }
    return model;
  }

  /** Whether an array is the very one that the block holds under this id. */
  boolean holds(String parameterId, NDArray weight) {
    BoundModel.Named named = model == null ? null : model.trainable().get(parameterId);
    return named != null && named.array() == weight;
  }

  /** Returns what is trained, if a parameter that a trainer passes is among it. */
  Map<String, BoundModel.Named> trainableWith(String parameterId, NDArray weight) {
    Map<String, BoundModel.Named> trainable = model().trainable();
    BoundModel.Named named = trainable.get(parameterId);
    if (named == null) {
      throw new IllegalStateException(notInTheBoundBlock(parameterId, weight));
    }
    if (!weight.getDevice().equals(named.array().getDevice())) {
      throw new IllegalStateException(
          ("Parameter %s is trained on %s while the model is on %s; create the model on the device"
                  + " it is trained on")
              .formatted(named.path(), weight.getDevice(), named.array().getDevice()));
    }
    if (weight != named.array() && weight.hasGradient()) {
      throw new IllegalStateException(loadedAgain(named));
    }
    return trainable;
  }

  private String notInTheBoundBlock(String parameterId, NDArray weight) {
    Block now = trainer == null ? null : trainer.getModel().getBlock();
    BoundModel.Named named = now == null ? null : new BoundModel(now).trainable().get(parameterId);
    if (named != null) {
      return ("Parameter %s is trained, but belongs to a block that the model was given after the"
              + " trainer had been created: call model.setBlock before model.newTrainer, or"
              + " optimizer.bind(model.getBlock()) after model.setBlock")
          .formatted(named.path());
    }
    return ("A parameter '%s' of shape %s (%s) is trained, but is not among the trainable parameters"
            + " of the bound block, %s: add child blocks with addChildBlock, and bind the block that"
            + " is trained")
        .formatted(
            weight.getName(),
            weight.getShape(),
            parameterId,
            model.trainable().values().stream().map(BoundModel.Named::path).toList());
  }

  private static String loadedAgain(BoundModel.Named named) {
    return ("Parameter %s was loaded, but is not what is trained: initialise the block after"
            + " loading, and load before a trainer is created; a trainer goes on with the arrays"
            + " that it began with")
        .formatted(named.path());
  }

  /** Called before a backward pass: its gradients are to be added to those that are there. */
  void tellOfPass() {
    if (model != null && EngineSupport.mayOverwriteGradients()) {
      accumulation.tell(model.trainable().values());
    }
  }

  /** Makes the engine add up the gradients of what is new. */
  List<BoundModel.Named> tell(Collection<BoundModel.Named> parameters) {
    return accumulation.tell(parameters);
  }

  /** Refuses parameters that no backward pass reaches. */
  static void requireGradients(Collection<BoundModel.Named> parameters) {
    if (parameters.isEmpty()) {
      throw new IllegalStateException("The bound block has no trainable parameter");
    }
    for (BoundModel.Named named : parameters) {
      if (named.parameter().isInitialized() && !named.array().hasGradient()) {
        throw new IllegalStateException(loadedAgain(named));
      }
    }
  }
}
