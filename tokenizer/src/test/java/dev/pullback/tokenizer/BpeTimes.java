package dev.pullback.tokenizer;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Times training or encoding in this process: {@code train|encode TEXT MODEL THREADS}; training
 * writes MODEL. Prints a line of JSON. Its twin is {@code bench/peers/bpe_times.py}, which runs it.
 */
final class BpeTimes {

  private static final int VOCABULARY = 8192;
  private static final int ENCODED = 10_000_000;
  private static final int DOCUMENT = 20_000;
  private static final long NANOSECONDS = 8_000_000_000L;
  private static final int MOST_PASSES = 20;

  private BpeTimes() {}

  /** Runs. */
  public static void main(String[] args) throws Exception {
    Path text = Path.of(args[1]);
    Path model = Path.of(args[2]);
    int threads = Integer.parseInt(args[3]);
    if (args[0].equals("train")) {
      time(
          () -> {
            BpeTokenizer trained =
                BpeTrainer.builder()
                    .setVocabularySize(VOCABULARY)
                    .optThreads(threads)
                    .build()
                    .trainOnFiles(List.of(text));
            trained.save(model);
            long characters = 0;
            for (int id = 0; id < trained.vocabularySize(); id++) {
              characters += trained.token(id).length();
            }
            return characters;
          },
          Files.size(text));
      return;
    }
    List<String> documents = documents(text);
    BpeTokenizer tokenizer = BpeTokenizer.load(model);
    long bytes = 0;
    for (String document : documents) {
      bytes += document.getBytes(StandardCharsets.UTF_8).length;
    }
    ExecutorService pool = Executors.newFixedThreadPool(threads);
    try {
      time(() -> encode(tokenizer, documents, pool, threads), bytes);
    } finally {
      pool.shutdownNow();
    }
  }

  private static long encode(
      BpeTokenizer tokenizer, List<String> documents, ExecutorService pool, int threads)
      throws Exception {
    List<int[]> ids = new ArrayList<>();
    if (threads == 1) {
      for (String document : documents) {
        ids.add(tokenizer.encode(document));
      }
    } else {
      List<Future<int[]>> futures = new ArrayList<>();
      for (String document : documents) {
        futures.add(pool.submit(() -> tokenizer.encode(document)));
      }
      for (Future<int[]> future : futures) {
        ids.add(future.get());
      }
    }
    return ids.stream().mapToLong(array -> array.length).sum();
  }

  private static List<String> documents(Path path) throws IOException {
    byte[] bytes;
    try (InputStream in = Files.newInputStream(path)) {
      bytes = in.readNBytes(ENCODED);
    }
    // Half a character at the end is left out, as the twin does.
    String text = new String(bytes, StandardCharsets.UTF_8).replaceFirst("\ufffd+$", "");
    List<String> documents = new ArrayList<>();
    int to;
    for (int from = 0; from < text.length(); from = to) {
      int rest = text.codePointCount(from, text.length());
      to = text.offsetByCodePoints(from, Math.min(DOCUMENT, rest));
      documents.add(text.substring(from, to));
    }
    return documents;
  }

  private static void time(Callable<Long> work, long bytes) throws Exception {
    OperatingSystemMXBean process =
        (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
    List<Double> walls = new ArrayList<>();
    List<Double> processor = new ArrayList<>();
    long result = 0;
    long begin = System.nanoTime();
    while (walls.isEmpty()
        || (System.nanoTime() - begin < NANOSECONDS && walls.size() < MOST_PASSES)) {
      long wall = System.nanoTime();
      long cpu = process.getProcessCpuTime();
      result = work.call();
      walls.add((System.nanoTime() - wall) / 1e9);
      processor.add((process.getProcessCpuTime() - cpu) / 1e9);
    }
    System.out.printf(
        Locale.ROOT,
        "{\"bytes\": %d, \"result\": %d, \"wall\": %s, \"cpu\": %s, \"peak_kb\": %d}%n",
        bytes,
        result,
        walls,
        processor,
        peak());
  }

  /** Returns the peak of this process' memory in kB; 0 where there is no Linux. */
  private static long peak() throws IOException {
    Path status = Path.of("/proc/self/status");
    if (!Files.exists(status)) {
      return 0;
    }
    for (String line : Files.readAllLines(status)) {
      if (line.startsWith("VmHWM:")) {
        return Long.parseLong(line.replaceAll("\\D", ""));
      }
    }
    return 0;
  }
}
