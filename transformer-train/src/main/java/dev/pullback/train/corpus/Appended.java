package dev.pullback.train.corpus;

import dev.pullback.train.store.ResumableFile;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;

/** Writes to a file that stays open. */
final class Appended extends OutputStream {

  private final ResumableFile file;

  Appended(ResumableFile file) {
    this.file = file;
  }

  @Override
  public void write(int value) throws IOException {
    write(new byte[] {(byte) value}, 0, 1);
  }

  @Override
  public void write(byte[] bytes, int off, int len) throws IOException {
    file.append(ByteBuffer.wrap(bytes, off, len));
  }
}
