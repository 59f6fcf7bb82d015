package dev.pullback.train.model;

import ai.djl.ndarray.types.Shape;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Draws the values of many parameters on all cores. Each has a stream of its own, so they are those
 * that one thread would draw. Arrays are made in the calling thread only, and no more than a few
 * pieces of values wait for it.
 */
final class ParallelDrawing {

  private final BlockingQueue<Piece> pieces;

  private ParallelDrawing(int threads) {
    pieces = new ArrayBlockingQueue<>(threads);
  }

  /** A parameter to be drawn, and what becomes of its values. */
  record Work(Shape shape, SeededInitializer initializer, SeededInitializer.Target target) {}

  /** What a thread has drawn, to be appended, or why it could not. */
  private record Piece(Runnable append, int length, Throwable failure) {}

  /** Draws everything; the targets have their arrays then. */
  static void run(List<Work> all) {
    int threads = Math.min(all.size(), Runtime.getRuntime().availableProcessors());
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    try {
      new ParallelDrawing(threads).run(all, pool);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Interrupted while weights were drawn", e);
    } finally {
      pool.shutdownNow();
    }
  }

  private void run(List<Work> all, ExecutorService pool) throws InterruptedException {
    // The largest first, so that none of them is left to one thread at the end.
    all.stream()
        .sorted((a, b) -> Long.compare(b.shape().size(), a.shape().size()))
        .forEach(work -> pool.execute(() -> draw(work)));
    long left = all.stream().mapToLong(work -> work.shape().size()).sum();
    while (left > 0) {
      Piece piece = pieces.take();
      if (piece.failure() instanceof Error error) {
        throw error;
      }
      if (piece.failure() instanceof RuntimeException failure) {
        throw failure;
      }
      piece.append().run();
      left -= piece.length();
    }
  }

  private void draw(Work work) {
    try {
      work.initializer()
          .draw(
              work.shape(),
              rows -> put(new Piece(() -> work.target().add(rows), rows.length, null)));
    } catch (RuntimeException | Error e) {
      if (!Thread.currentThread().isInterrupted()) { // else the caller has given up
        put(new Piece(null, 0, e));
      }
    }
  }

  private void put(Piece piece) {
    try {
      pieces.put(piece);
    } catch (InterruptedException e) {
      // The caller has given up.
      Thread.currentThread().interrupt();
      throw new IllegalStateException("Nobody waits for values any more", e);
    }
  }
}
