package dev.pullback.train.store;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;

/** Streams over {@link FileOperations.Output}. */
final class OutputStreams {

  private static final int BUFFER = 1 << 16;

  private OutputStreams() {}

  /** Returns a buffered stream; closing it flushes, syncs and closes the file. */
  static OutputStream buffered(FileOperations.Output output) {
    return new BufferedOutputStream(new SyncedStream(output), BUFFER);
  }

  private static final class SyncedStream extends OutputStream {

    private final FileOperations.Output output;
    private boolean open = true;

    SyncedStream(FileOperations.Output output) {
      this.output = output;
    }

    @Override
    public void write(int b) throws IOException {
      write(new byte[] {(byte) b}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int offset, int length) throws IOException {
      if (!open) {
        throw new IOException("the file is closed");
      }
      output.write(bytes, offset, length);
    }

    @Override
    public void close() throws IOException {
      if (open) {
        open = false;
        try (output) {
          output.sync();
        }
      }
    }
  }
}
