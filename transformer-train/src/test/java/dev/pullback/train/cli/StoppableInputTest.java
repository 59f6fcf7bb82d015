package dev.pullback.train.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class StoppableInputTest {

  @Test
  void givesWhatThereIs() throws IOException {
    byte[] bytes = new byte[300_000];
    new Random(1).nextBytes(bytes);
    try (InputStream in = new StoppableInput(new ByteArrayInputStream(bytes), () -> false)) {
      assertEquals(Byte.toUnsignedInt(bytes[0]), in.read());
      byte[] rest = in.readAllBytes();
      assertArrayEquals(Arrays.copyOfRange(bytes, 1, bytes.length), rest);
      assertEquals(-1, in.read());
    }
  }

  @Test
  void stopsWhileNothingComes() throws IOException {
    AtomicBoolean stop = new AtomicBoolean();
    try (PipedOutputStream silent = new PipedOutputStream();
        InputStream in = new StoppableInput(new PipedInputStream(silent), stop::get)) {
      silent.write(7);
      silent.flush();
      assertEquals(7, in.read());
      stop.set(true);
      assertThrows(CancellationException.class, in::read);
    }
  }

  @Test
  void saysWhatWentWrong() throws IOException {
    try (InputStream in = new StoppableInput(new PipedInputStream(), () -> false)) {
      IOException e = assertThrows(IOException.class, in::read);
      assertEquals("Pipe not connected", e.getMessage());
      assertEquals(-1, in.read());
    }
  }
}
