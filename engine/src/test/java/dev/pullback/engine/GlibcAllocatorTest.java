package dev.pullback.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.jna.Memory;
import com.sun.jna.Pointer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.FutureTask;
import org.junit.jupiter.api.Test;

class GlibcAllocatorTest {

  private static final int BLOCKS = 20;
  private static final long BLOCK = 2L << 20;

  /** In a new thread: that of the test has allocated before and keeps an arena of its own. */
  @Test
  void freedMemoryStaysWithTheProcess() throws Exception {
    assumeTrue(
        GlibcAllocator.keepFreedMemory(), "no glibc here, or its settings come from outside");
    FutureTask<List<Long>> freed = new FutureTask<>(GlibcAllocatorTest::allocateAndFree);
    new Thread(freed).start();
    List<Long> addresses = freed.get();
    List<String> maps = Files.readAllLines(Path.of("/proc/self/maps"));
    long kept = addresses.stream().filter(address -> isWritable(address, maps)).count();
    assertEquals(BLOCKS, kept, "freed blocks whose memory is still mapped");
  }

  /** Allocates blocks of a size that plain glibc maps and unmaps one by one. */
  private static List<Long> allocateAndFree() {
    List<Memory> blocks = new ArrayList<>();
    for (int i = 0; i < BLOCKS; i++) {
      Memory block = new Memory(BLOCK);
      block.clear();
      blocks.add(block);
    }
    List<Long> addresses = blocks.stream().map(Pointer::nativeValue).toList();
    blocks.forEach(Memory::close);
    return addresses;
  }

  /** Whether a line such as {@code 7f3a20000000-7f3a24000000 rw-p …} covers the address. */
  private static boolean isWritable(long address, List<String> maps) {
    return maps.stream()
        .map(line -> line.split("[- ]", 4))
        .anyMatch(
            range ->
                range[2].startsWith("rw")
                    && Long.parseUnsignedLong(range[0], 16) <= address
                    && address < Long.parseUnsignedLong(range[1], 16));
  }
}
