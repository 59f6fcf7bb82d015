package dev.pullback.train.data;

import dev.pullback.train.FailureReason;
import dev.pullback.train.InputException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The polynomial regression set of arXiv 2509.03594: rows of 4 inputs and 1 target, normalised. It
 * lives in {@code regression/polynomial.f32} of the data folder, little-endian float32, or in this
 * program.
 */
public final class PolynomialData {

  /** Inputs of a row. */
  public static final int INPUTS = 4;

  /** The first rows train, the others test. */
  public static final int TRAIN = 8192;

  private static final int ROWS = 13_312;
  private static final int WIDTH = INPUTS + 1;
  private static final int BYTES = ROWS * WIDTH * Float.BYTES;
  private static final String RESOURCE = "polynomial.f32";

  /** Checksum of the set. */
  public static final String SHA256 =
      "527e100a723c9648dcf3b1de2c67cce436e83c5a1092b8ec50c8d5bb0bf7b278";

  private final float[] values;

  private PolynomialData(float[] values) {
    this.values = values;
  }

  /**
   * Loads the set: the data folder's file if there is one, else the one that this program brings.
   *
   * @param directory the data folder
   * @return the set
   * @throws InputException if the folder's file cannot be read or is not the set
   */
  public static PolynomialData load(DataDirectory directory) {
    Path file = directory.file("regression", "polynomial.f32");
    byte[] bytes;
    try (InputStream in =
        Files.exists(file)
            ? Files.newInputStream(file)
            : PolynomialData.class.getResourceAsStream(RESOURCE)) {
      bytes = in.readNBytes(BYTES + 1);
    } catch (IOException e) {
      throw new InputException(
          "cannot read the regression set %s: %s; make it readable, or remove it to use the set that"
                  .formatted(file, FailureReason.of(e))
              + " the program brings",
          e);
    }
    if (bytes.length != BYTES || !Sha256.of(bytes).equals(SHA256)) {
      throw new InputException(
          file
              + " is not the regression set: its checksum is another; remove it to use the set that"
              + " the program brings");
    }
    float[] values = new float[ROWS * WIDTH];
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(values);
    return new PolynomialData(values);
  }

  /**
   * Returns where the set came from.
   *
   * @return words for a person
   */
  public String origin() {
    return "the polynomial regression set";
  }

  /**
   * Returns the number of rows.
   *
   * @return training rows, then test rows
   */
  public int rows() {
    return ROWS;
  }

  /**
   * Gathers inputs.
   *
   * @param rows numbers of rows
   * @return their inputs, row by row
   */
  public float[] inputs(int[] rows) {
    float[] inputs = new float[rows.length * INPUTS];
    for (int i = 0; i < rows.length; i++) {
      System.arraycopy(values, rows[i] * WIDTH, inputs, i * INPUTS, INPUTS);
    }
    return inputs;
  }

  /**
   * Gathers targets.
   *
   * @param rows numbers of rows
   * @return one target each
   */
  public float[] targets(int[] rows) {
    float[] targets = new float[rows.length];
    for (int i = 0; i < rows.length; i++) {
      targets[i] = values[rows[i] * WIDTH + INPUTS];
    }
    return targets;
  }
}
