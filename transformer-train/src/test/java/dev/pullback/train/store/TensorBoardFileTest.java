package dev.pullback.train.store;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TensorBoardFileTest {

  @TempDir private Path folder;

  /**
   * Bytes that tensorboard 2.21.0 for Python wrote: its EventFileWriter, one scalar at step 300.
   */
  private static final String PYTHON_SUMMARY = "0a110a0a747261696e2f6c6f73731500002040";

  private static final String PYTHON_RECORD =
      "2100000000000000017becf609000000000000f83f10ac022a130a110a0a747261696e2f6c6f73731500002040b4ca3a3b";

  @Test
  void recordsAreThoseOfTensorBoardsOwnWriter() throws IOException {
    byte[] record = HexFormat.of().parseHex(PYTHON_RECORD);
    List<byte[]> data = records(record);
    assertEquals(1, data.size(), "and its checksums are what we compute");
    Map<String, Double> values = new LinkedHashMap<>();
    values.put("train/loss", 2.5);
    try (TensorBoardFile file = TensorBoardFile.begin(folder, 0)) {
      file.write(300, values);
    }
    byte[] ours = records(Files.readAllBytes(files().get(0))).get(2);
    assertArrayEquals(withoutTime(data.get(0)), withoutTime(ours));
    assertTrue(HexFormat.of().formatHex(ours).endsWith(PYTHON_SUMMARY));
  }

  @Test
  void aFileBeginsWithItsVersionAndWhatIsVoid() throws IOException {
    TensorBoardFile.begin(folder, 6).close();
    List<byte[]> records = records(Files.readAllBytes(files().get(0)));
    assertEquals(2, records.size());
    byte[] version = "brain.Event:2".getBytes(StandardCharsets.UTF_8);
    byte[] first = records.get(0);
    assertArrayEquals(
        version, Arrays.copyOfRange(first, first.length - version.length, first.length));
    // step = 7; session_log = {status: START}
    assertEquals("10073a020801", HexFormat.of().formatHex(withoutTime(records.get(1))));
  }

  @Test
  void whatIsNotFiniteIsLeftOutAndFilesAreOrdered() throws IOException {
    for (int i = 0; i < 3; i++) {
      try (TensorBoardFile file = TensorBoardFile.begin(folder, i)) {
        file.write(i + 1, Map.of("a", Double.NaN, "b", 1.0));
      }
    }
    List<Path> files = files();
    assertEquals(3, files.size());
    for (int i = 0; i < 3; i++) {
      List<byte[]> records = records(Files.readAllBytes(files.get(i)));
      String expected = String.format("10%02x2a0a0a080a0162150000803f", i + 1);
      assertEquals(expected, HexFormat.of().formatHex(withoutTime(records.get(2))));
    }
  }

  private List<Path> files() throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.sorted().toList();
    }
  }

  /** An event begins with a tag of one byte and eight bytes of wall time. */
  private static byte[] withoutTime(byte[] event) {
    assertEquals(0x09, event[0]);
    return Arrays.copyOfRange(event, 9, event.length);
  }

  /** Reads TFRecords and checks both checksums of each. */
  private static List<byte[]> records(byte[] bytes) {
    List<byte[]> records = new ArrayList<>();
    ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    while (buffer.hasRemaining()) {
      byte[] length = new byte[Long.BYTES];
      buffer.get(length);
      assertEquals(TensorBoardFile.maskedCrc(length, length.length), buffer.getInt());
      int count = Math.toIntExact(ByteBuffer.wrap(length).order(ByteOrder.LITTLE_ENDIAN).getLong());
      byte[] data = new byte[count];
      buffer.get(data);
      assertEquals(TensorBoardFile.maskedCrc(data, count), buffer.getInt());
      records.add(data);
    }
    return records;
  }
}
