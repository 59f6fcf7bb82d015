package dev.pullback.train.config;

import ai.djl.Device;
import ai.djl.Model;
import ai.djl.ndarray.NDManager;

/**
 * Where arrays live: an engine and one of its devices. Managers of other arrays descend from those
 * made here, so that nothing else names a device.
 *
 * @param engine a loaded engine
 * @param device one that it sees
 */
public record Backend(TrainingEngine engine, Device device) {

  /**
   * Creates a model on the device.
   *
   * @param name a name for messages
   * @return an empty model, to be closed
   */
  public Model newModel(String name) {
    return Model.newInstance(name, device, engine.toString());
  }

  /**
   * Creates a manager of arrays on the device.
   *
   * @return a manager, to be closed
   */
  public NDManager newManager() {
    return NDManager.newBaseManager(device, engine.toString());
  }

  /** Returns both names, such as {@code PyTorch on gpu:0}. */
  @Override
  public String toString() {
    String number = device.isGpu() ? ":" + device.getDeviceId() : "";
    return engine + " on " + device.getDeviceType() + number;
  }
}
