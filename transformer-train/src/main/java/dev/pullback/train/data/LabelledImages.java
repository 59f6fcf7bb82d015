package dev.pullback.train.data;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.pullback.engine.HostValues;
import dev.pullback.train.ArrayLength;
import dev.pullback.train.InputException;

/** Images of one shape and their labels, a byte for every value and every label. */
public final class LabelledImages {

  private static final float[] SCALED = scaled();

  private final String source;
  private final Shape shape;
  private final byte[] pixels;
  private final byte[] labels;
  private final int length;
  private final int filesFound;
  private final int filesExpected;

  /**
   * Takes the bytes of a complete set as they are.
   *
   * @param source where they come from, in words for the person who trains on them
   * @param shape (channels, height, width) of one image
   * @param pixels unsigned values, image after image in this shape's order; not copied
   * @param labels of the images, 0 to 127; not copied
   * @throws IllegalArgumentException if the numbers of values and labels do not fit together
   */
  public LabelledImages(String source, Shape shape, byte[] pixels, byte[] labels) {
    this(source, shape, pixels, labels, 1, 1);
  }

  /** Takes the bytes of a set of which some files may be missing. */
  LabelledImages(
      String source, Shape shape, byte[] pixels, byte[] labels, int filesFound, int filesExpected) {
    this.source = source;
    this.filesFound = filesFound;
    this.filesExpected = filesExpected;
    this.shape = shape;
    this.pixels = pixels;
    this.labels = labels;
    length = Math.toIntExact(shape.size());
    if (pixels.length != (long) length * labels.length) {
      throw new IllegalArgumentException(
          "%d values are not %d images of shape %s".formatted(pixels.length, labels.length, shape));
    }
  }

  /**
   * Returns where the images come from.
   *
   * @return words for the person who trains on them
   */
  public String source() {
    return source;
  }

  /**
   * Returns the number of images.
   *
   * @return how many there are
   */
  public int size() {
    return labels.length;
  }

  /**
   * Returns how many of the set's files were there.
   *
   * @return at least 1
   */
  public int filesFound() {
    return filesFound;
  }

  /**
   * Returns how many files the whole set has.
   *
   * @return at least {@link #filesFound}; what was computed from fewer is no result of the whole
   *     set
   */
  public int filesExpected() {
    return filesExpected;
  }

  /**
   * Returns the shape of one image.
   *
   * @return (channels, height, width)
   */
  public Shape shape() {
    return shape;
  }

  /**
   * Returns what an image shows.
   *
   * @param index which one, from 0 to below {@link #size}
   * @return its label
   */
  public int label(int index) {
    return labels[index];
  }

  /**
   * Returns a fingerprint of these images and others.
   *
   * @param others those to be scored on
   * @return 64 lower-case hexadecimal digits
   */
  public String sha256(LabelledImages others) {
    return Sha256.of(pixels, labels, others.pixels, others.labels);
  }

  /**
   * Gathers a batch; values become fractions of 255.
   *
   * @param manager owns the two arrays
   * @param indices which images, each from 0 to below {@link #size}
   * @return the batch
   * @throws InputException if the batch is larger than an array may be
   */
  public ImageBatch gather(NDManager manager, int... indices) {
    float[] values =
        new float
            [ArrayLength.of(
                "a batch of " + indices.length + " images of shape " + shape,
                "lower the batch",
                Float.BYTES,
                indices.length,
                length)];
    long[] targets = new long[indices.length];
    int to = 0;
    for (int i = 0; i < indices.length; i++) {
      targets[i] = labels[indices[i]];
      int from = indices[i] * length;
      for (int end = from + length; from < end; from++) {
        values[to++] = SCALED[pixels[from] & 0xff];
      }
    }
    NDManager host = HostValues.on(manager);
    return new ImageBatch(
        host.create(values, new Shape(indices.length).addAll(shape)), host.create(targets));
  }

  private static float[] scaled() {
    float[] scaled = new float[256];
    for (int value = 0; value < scaled.length; value++) {
      scaled[value] = value / 255f;
    }
    return scaled;
  }
}
