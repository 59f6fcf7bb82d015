package dev.pullback.optim;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.jna.Memory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class GlibcAllocatorTest {

  private static final int BLOCKS = 20;
  private static final long BLOCK = 2L << 20;

  @Test
  void freedMemoryStaysWithTheProcess() throws IOException {
    assumeTrue(
        GlibcAllocator.keepFreedMemory(), "no glibc here, or its settings come from outside");
    long before = residentBytes();
    allocateAndFree();
    long kept = residentBytes() - before;
    assertTrue(kept > BLOCKS * BLOCK / 2, () -> "of the freed blocks only " + kept + " bytes stay");
  }

  /** Blocks of a size that plain glibc maps and unmaps one by one. */
  private static void allocateAndFree() {
    List<Memory> blocks = new ArrayList<>();
    for (int i = 0; i < BLOCKS; i++) {
      Memory block = new Memory(BLOCK);
      block.clear();
      blocks.add(block);
    }
    blocks.forEach(Memory::close);
  }

  private static long residentBytes() throws IOException {
    String line =
        Files.readAllLines(Path.of("/proc/self/status")).stream()
            .filter(l -> l.startsWith("VmRSS:"))
            .findFirst()
            .orElseThrow();
    return Long.parseLong(line.replaceAll("\\D", "")) * 1024;
  }
}
