package dev.pullback.engine;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Named arrays as safetensors, by DJL's own encoder. A file holds at most 2 GiB, which is as far as
 * DJL counts.
 *
 * @see <a href="https://github.com/huggingface/safetensors">the format</a>
 */
public final class Safetensors {

  private static final int LENGTH_BYTES = 8;

  private Safetensors() {}

  /**
   * Writes arrays. Each is given its name.
   *
   * @param arrays the arrays by name, in the order to write them
   * @param out where to write; it is not closed
   * @throws IOException if writing fails
   */
  public static void write(Map<String, NDArray> arrays, OutputStream out) throws IOException {
    NDList list = new NDList(arrays.size());
    arrays.forEach(
        (name, array) -> {
          array.setName(name);
          list.add(array);
        });
    list.encode(out, NDList.Encoding.SAFETENSORS);
  }

  /**
   * Reads arrays.
   *
   * @param manager owns the arrays
   * @param in the data, read to its end
   * @param what what the data is, to begin error messages with
   * @return the arrays by name, in no particular order
   * @throws IOException if the data cannot be read or is not complete
   */
  public static Map<String, NDArray> read(NDManager manager, InputStream in, String what)
      throws IOException {
    byte[] bytes = in.readAllBytes();
    if (!hasHeader(bytes)) {
      throw new IOException(what + " is not a complete safetensors file");
    }
    try {
      Map<String, NDArray> byName = new LinkedHashMap<>();
      for (NDArray array : NDList.decode(HostValues.on(manager), bytes)) {
        byName.put(array.getName(), array);
      }
      return byName;
    } catch (RuntimeException e) {
      throw new IOException(what + " is not a complete safetensors file: " + e.getMessage(), e);
    }
  }

  /** DJL would allocate whatever length the first eight bytes claim. */
  private static boolean hasHeader(byte[] bytes) {
    if (bytes.length <= LENGTH_BYTES || bytes[LENGTH_BYTES] != '{') {
      return false;
    }
    long length = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong(0);
    return length >= 0 && length <= bytes.length - LENGTH_BYTES;
  }
}
