package dev.pullback.train.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CancellationException;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/**
 * Input that may be long in coming, such as what another program writes or somebody types: a thread
 * waits for it, so that whoever reads hears of Ctrl-C at once.
 */
final class StoppableInput extends InputStream {

  private static final int BLOCK_BYTES = 1 << 16;
  private static final int BLOCKS = 4;
  private static final long LOOK_MILLIS = 100;

  /** What the thread has read; at the end an empty block, or what went wrong. */
  private record Block(ByteBuffer bytes, IOException failure) {}

  private static final ByteBuffer END = ByteBuffer.allocate(0);

  private final BlockingQueue<Block> blocks = new ArrayBlockingQueue<>(BLOCKS);
  private final BooleanSupplier stop;
  private ByteBuffer block = END;
  private boolean ended;

  /**
   * Begins to read.
   *
   * @param in the input, which nobody else reads from now on
   * @param stop whether to stop
   */
  StoppableInput(InputStream in, BooleanSupplier stop) {
    this.stop = stop;
    Thread reader = new Thread(() -> pass(in), "input");
    reader.setDaemon(true);
    reader.start();
  }

  private void pass(InputStream in) {
    try {
      Block last = new Block(END, null);
      try {
        byte[] bytes = new byte[BLOCK_BYTES];
        for (int count = in.read(bytes); count >= 0; count = in.read(bytes)) {
          blocks.put(new Block(ByteBuffer.wrap(Arrays.copyOf(bytes, count)), null));
        }
      } catch (IOException e) {
        last = new Block(END, e);
      }
      blocks.put(last);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public int read() throws IOException {
    byte[] one = new byte[1];
    return read(one, 0, 1) < 0 ? -1 : Byte.toUnsignedInt(one[0]);
  }

  /**
   * Reads what there is, and waits for it if need be.
   *
   * @throws CancellationException if it is asked to stop
   */
  @Override
  public int read(byte[] to, int from, int length) throws IOException {
    if (length == 0) {
      return 0;
    }
    while (!ended && !block.hasRemaining()) {
      next();
    }
    if (ended) {
      return -1;
    }
    int count = Math.min(length, block.remaining());
    block.get(to, from, count);
    return count;
  }

  private void next() throws IOException {
    Block taken = null;
    while (taken == null) {
      if (stop.getAsBoolean()) {
        throw new CancellationException();
      }
      try {
        taken = blocks.poll(LOOK_MILLIS, TimeUnit.MILLISECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new CancellationException();
      }
    }
    block = taken.bytes();
    ended = !block.hasRemaining();
    if (taken.failure() != null) {
      throw taken.failure();
    }
  }
}
