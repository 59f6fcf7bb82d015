package dev.pullback.train.store;

import dev.pullback.train.FailureReason;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Locale;
import java.util.Map;
import java.util.zip.CRC32C;

/**
 * Scalars for TensorBoard. The file is a sequence of TFRecords (<a
 * href="https://www.tensorflow.org/tutorials/load_data/tfrecord">format</a>: length, masked CRC-32C
 * of the length, data, masked CRC-32C of the data, little endian), each an {@code Event} of
 * TensorFlow's {@code event.proto} in the encoding of protocol buffers.
 */
public final class TensorBoardFile implements AutoCloseable {

  private static final String VERSION = "brain.Event:2";

  // Field numbers of event.proto and summary.proto.
  private static final int WALL_TIME = 1;
  private static final int STEP = 2;
  private static final int FILE_VERSION = 3;
  private static final int SUMMARY = 5;
  private static final int SESSION_LOG = 7;
  private static final int SUMMARY_VALUE = 1;
  private static final int VALUE_TAG = 1;
  private static final int VALUE_SIMPLE = 2;
  private static final int SESSION_STATUS = 1;
  private static final int STATUS_START = 1;

  // Wire types of protocol buffers.
  private static final int VARINT = 0;
  private static final int FIXED64 = 1;
  private static final int BYTES = 2;
  private static final int FIXED32 = 5;

  private final Path file;
  private final OutputStream out;

  private TensorBoardFile(Path file, OutputStream out) {
    this.file = file;
    this.out = out;
  }

  /**
   * Begins a file. TensorBoard reads those of a folder in the order of their names.
   *
   * @param folder where, an existing folder
   * @param step steps taken so far, at least 0; what earlier files say of later steps is void
   * @return the open file
   * @throws IOException if it cannot be written; it names the file
   */
  public static TensorBoardFile begin(Path folder, long step) throws IOException {
    // A run may be stopped and resumed within a second.
    int number = 0;
    long seconds = System.currentTimeMillis() / 1000;
    Path file = named(folder, seconds, number);
    while (Files.exists(file)) {
      file = named(folder, seconds, ++number);
    }
    OutputStream out;
    try {
      out = Files.newOutputStream(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE);
    } catch (IOException e) {
      throw cannotWrite(file, e);
    }
    TensorBoardFile begun = new TensorBoardFile(file, out);
    begun.writeHead(step);
    return begun;
  }

  private static Path named(Path folder, long seconds, int number) {
    return folder.resolve(
        String.format(Locale.ROOT, "events.out.tfevents.%010d.pullback.%d", seconds, number));
  }

  private void writeHead(long step) throws IOException {
    Message version = event(0);
    version.bytes(FILE_VERSION, VERSION.getBytes(StandardCharsets.UTF_8));
    Message start = new Message();
    start.varint(SESSION_STATUS, STATUS_START);
    Message session = event(step + 1);
    session.bytes(SESSION_LOG, start.toByteArray());
    try {
      record(version);
      record(session);
    } catch (IOException e) {
      close();
      throw e;
    }
  }

  /**
   * Writes numbers of a step.
   *
   * @param step the step
   * @param values by tag; those that are not finite are left out
   * @throws IOException if writing fails; it names the file
   */
  public void write(long step, Map<String, Double> values) throws IOException {
    Message summary = new Message();
    values.forEach(
        (tag, value) -> {
          if (Double.isFinite(value)) {
            Message scalar = new Message();
            scalar.bytes(VALUE_TAG, tag.getBytes(StandardCharsets.UTF_8));
            scalar.fixed32(VALUE_SIMPLE, Float.floatToIntBits(value.floatValue()));
            summary.bytes(SUMMARY_VALUE, scalar.toByteArray());
          }
        });
    Message event = event(step);
    event.bytes(SUMMARY, summary.toByteArray());
    record(event);
  }

  private static Message event(long step) {
    Message event = new Message();
    event.fixed64(WALL_TIME, Double.doubleToLongBits(System.currentTimeMillis() / 1e3));
    event.varint(STEP, step);
    return event;
  }

  private void record(Message message) throws IOException {
    byte[] data = message.toByteArray();
    ByteBuffer record =
        ByteBuffer.allocate(Math.addExact(data.length, 2 * Integer.BYTES + Long.BYTES))
            .order(ByteOrder.LITTLE_ENDIAN);
    record.putLong(data.length);
    record.putInt(maskedCrc(record.array(), Long.BYTES));
    record.put(data).putInt(maskedCrc(data, data.length));
    try {
      out.write(record.array()); // whole records, for those who read while it is written
    } catch (IOException e) {
      throw cannotWrite(file, e);
    }
  }

  /** TFRecord's checksum: rotated and shifted, since CRCs of data that hold CRCs are weak. */
  static int maskedCrc(byte[] bytes, int length) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, 0, length);
    return Integer.rotateRight((int) crc.getValue(), 15) + 0xa282ead8;
  }

  private static IOException cannotWrite(Path file, IOException e) {
    return new IOException("cannot write %s: %s".formatted(file, FailureReason.of(e)), e);
  }

  @Override
  public void close() throws IOException {
    out.close();
  }

  /** A message in the making. */
  private static final class Message {

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    void varint(int field, long value) {
      varint(((long) field << 3) | VARINT);
      varint(value);
    }

    void fixed64(int field, long bits) {
      varint(((long) field << 3) | FIXED64);
      littleEndian(bits, Long.BYTES);
    }

    void fixed32(int field, int bits) {
      varint(((long) field << 3) | FIXED32);
      littleEndian(bits, Integer.BYTES);
    }

    void bytes(int field, byte[] value) {
      varint(((long) field << 3) | BYTES);
      varint(value.length);
      bytes.writeBytes(value);
    }

    private void varint(long value) {
      long rest = value;
      for (; (rest & ~0x7fL) != 0; rest >>>= 7) {
        bytes.write((int) (rest & 0x7f) | 0x80);
      }
      bytes.write((int) rest);
    }

    private void littleEndian(long bits, int count) {
      for (int i = 0; i < count; i++) {
        bytes.write((int) (bits >>> (8 * i)));
      }
    }

    byte[] toByteArray() {
      return bytes.toByteArray();
    }
  }
}
