package dev.pullback.engine;

import com.sun.jna.Function;
import com.sun.jna.NativeLibrary;
import com.sun.jna.Platform;
import java.util.Set;

/**
 * Makes glibc keep the memory that engines free, which it otherwise gives back to the kernel at
 * once and fetches again, page by page, for the next array. For programs that cannot set the
 * environment variables of {@code docs/speed.md} before they start.
 */
public final class GlibcAllocator {

  // malloc.h
  private static final int M_TRIM_THRESHOLD = -1;
  private static final int M_MMAP_MAX = -4;
  private static final int M_ARENA_MAX = -8;

  /** What a user has chosen stays. */
  private static final Set<String> CHOSEN_BY_USER =
      Set.of("MALLOC_MMAP_MAX_", "MALLOC_TRIM_THRESHOLD_", "MALLOC_ARENA_MAX", "LD_PRELOAD");

  private GlibcAllocator() {}

  /**
   * Asks glibc never to map or trim single blocks. To be called first thing in a program: a thread
   * that has allocated before keeps an arena of its own, from which blocks of 64 MiB and more still
   * go back to the kernel. The process then holds its peak memory until it ends. Huge pages, which
   * the launcher asks for too, are only to be had by the environment.
   *
   * @return whether the settings were taken; false where there is no glibc (macOS, Windows, musl),
   *     and where an environment variable has chosen the allocator or its settings
   */
  public static boolean keepFreedMemory() {
    if (!Platform.isLinux() || CHOSEN_BY_USER.stream().anyMatch(System.getenv()::containsKey)) {
      return false;
    }
    try {
      NativeLibrary process = NativeLibrary.getProcess();
      process.getFunction("gnu_get_libc_version");
      Function mallopt = process.getFunction("mallopt");
      return set(mallopt, M_MMAP_MAX, 0)
          && set(mallopt, M_TRIM_THRESHOLD, -1)
          && set(mallopt, M_ARENA_MAX, 1);
    } catch (UnsatisfiedLinkError e) {
      return false;
    }
  }

  private static boolean set(Function mallopt, int parameter, int value) {
    return mallopt.invokeInt(new Object[] {parameter, value}) == 1;
  }
}
