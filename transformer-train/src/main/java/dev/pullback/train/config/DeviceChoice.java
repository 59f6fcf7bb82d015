package dev.pullback.train.config;

import ai.djl.Device;
import ai.djl.engine.Engine;
import dev.pullback.train.InputException;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * What a person says about the device: {@code cpu}, {@code gpu}, {@code gpu:N}, or {@code auto},
 * the first GPU if the engine sees one. What that is on a machine is known once the engine is
 * loaded.
 */
public final class DeviceChoice {

  private static final String AUTO = "auto";
  private static final String CPU = "cpu";
  private static final Pattern GPU = Pattern.compile("gpu(?::([0-9]{1,4}))?");

  private final String name;

  private DeviceChoice(String name) {
    this.name = name;
  }

  /**
   * Reads a choice.
   *
   * @param text as above, in whatever case
   * @return the choice
   * @throws IllegalArgumentException if it is none
   */
  public static DeviceChoice of(String text) {
    String name = text.toLowerCase(Locale.ROOT);
    if (!name.equals(AUTO) && !name.equals(CPU) && !GPU.matcher(name).matches()) {
      throw new IllegalArgumentException(
          "'%s' is no device; the devices are auto, cpu, gpu and gpu:N, such as gpu:0"
              .formatted(text));
    }
    return new DeviceChoice(name);
  }

  /**
   * Finds the device.
   *
   * @param engine a loaded engine
   * @return the engine with the device
   * @throws InputException if the engine does not see it
   */
  public Backend on(TrainingEngine engine) {
    int gpus = Engine.getEngine(engine.toString()).getGpuCount();
    return new Backend(engine, among(gpus, engine));
  }

  /** Finds the device where the engine sees so many GPUs. */
  Device among(int gpus, TrainingEngine engine) {
    Matcher gpu = GPU.matcher(name);
    if (!gpu.matches()) {
      return name.equals(CPU) || gpus == 0 ? Device.cpu() : Device.gpu();
    }
    int wanted = gpu.group(1) == null ? 0 : Integer.parseInt(gpu.group(1));
    if (wanted < gpus) {
      return Device.gpu(wanted);
    }
    throw new InputException(
        "--device %s: %s sees %s; use --device %s"
            .formatted(
                name,
                engine,
                gpus == 0
                    ? "no GPU (its CUDA libraries and a driver must be there)"
                    : gpus == 1
                        ? "one GPU, gpu:0"
                        : "%d GPUs, gpu:0 to gpu:%d".formatted(gpus, gpus - 1),
                gpus == 0 ? "cpu or auto" : "gpu:0"));
  }

  /** Returns the choice as it can be read again. */
  @Override
  public String toString() {
    return name;
  }

  /** For the command line, files and trials. */
  public static final class Converter implements ITypeConverter<DeviceChoice> {

    /** Creates a converter. */
    public Converter() {}

    @Override
    public DeviceChoice convert(String text) {
      try {
        return of(text);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(e.getMessage());
      }
    }
  }
}
