package dev.pullback.train.cli;

import java.util.List;
import java.util.Optional;

/** What to do where memory was not enough: sizes that nobody can foresee end here. */
final class MemoryAdvice {

  /** How libtorch, its CUDA allocator and the C++ library put it. */
  private static final List<String> SIGNS =
      List.of("not enough memory", "DefaultCPUAllocator", "CUDA out of memory", "bad_alloc");

  private MemoryAdvice() {}

  /** Returns the line for a failure that is, or was caused by, a lack of memory. */
  static Optional<String> of(Throwable failure) {
    for (Throwable t = failure; t != null; t = t.getCause()) {
      if (t instanceof OutOfMemoryError e) {
        return Optional.of(heap(e));
      }
      String message = String.valueOf(t.getMessage());
      Optional<String> line =
          message.lines().filter(l -> SIGNS.stream().anyMatch(l::contains)).findFirst();
      if (line.isPresent()) {
        return Optional.of(
            "not enough memory: " + line.get().strip() + "; lower --batch, --context or the model");
      }
    }
    return Optional.empty();
  }

  /** Returns the line for a lack of Java's own memory. */
  static String heap(OutOfMemoryError e) {
    return "not enough memory: Java may take "
        + (Runtime.getRuntime().maxMemory() >> 20)
        + " MiB ("
        + e.getMessage()
        + "); take a shorter text, lower --batch, --context or the model, or raise the limit with"
        + " PULLBACK_JAVA_OPTIONS=-Xmx8g";
  }
}
