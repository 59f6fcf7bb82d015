package dev.pullback.bench;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** What of this machine decides how fast it computes. */
final class Processor {

  private static final Path CPUINFO = Path.of("/proc/cpuinfo");
  private static final Path MEMINFO = Path.of("/proc/meminfo");

  /** As Linux names the instructions that matrix products and bfloat16 want. */
  private static final List<String> FEATURES =
      List.of("avx2", "fma", "avx512f", "avx512_bf16", "amx_bf16", "asimd", "sve", "bf16");

  private Processor() {}

  /** Name, cores, and those of the features that the processor has; what is known of it. */
  static String description() throws IOException {
    String name = value(CPUINFO, "model name").orElse(System.getProperty("os.arch"));
    String x86 = value(CPUINFO, "flags").orElse("");
    String arm = value(CPUINFO, "Features").orElse("");
    List<String> known = Arrays.asList((x86 + " " + arm).split(" ", -1));
    List<String> features = FEATURES.stream().filter(known::contains).toList();
    return "%s, %d cores, %s"
        .formatted(
            name,
            Runtime.getRuntime().availableProcessors(),
            features.isEmpty() ? "features unknown" : String.join(" ", features));
  }

  /** Bytes that a program can still have. */
  static long freeMemory() throws IOException {
    return value(MEMINFO, "MemAvailable")
        .map(kilobytes -> Long.parseLong(kilobytes.split(" ", -1)[0]) << 10)
        .orElseGet(
            () ->
                ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class)
                    .getFreeMemorySize());
  }

  private static Optional<String> value(Path file, String key) throws IOException {
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    try (Stream<String> lines = Files.lines(file)) {
      return lines
          .filter(line -> line.startsWith(key))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst();
    }
  }
}
