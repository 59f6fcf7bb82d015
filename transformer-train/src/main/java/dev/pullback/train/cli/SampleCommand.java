package dev.pullback.train.cli;

import dev.pullback.train.InputException;
import dev.pullback.train.generate.Generation;
import dev.pullback.train.generate.TextGenerator;
import dev.pullback.train.task.LanguageModel;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code pullback sample}. */
@Command(
    name = "sample",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = "Continues a text with the model of a run.")
final class SampleCommand implements Callable<Integer> {

  /** Their keys and values would hardly fit into any memory. */
  private static final int MOST_SAMPLES = 4096;

  @Spec private CommandSpec spec;

  @Mixin private ModelOptions model;

  @Option(
      names = "--prompt",
      paramLabel = "TEXT",
      description =
          "What to continue. Default: a line feed, or the first character of a model that knows none.")
  private String prompt;

  @Option(
      names = "--samples",
      paramLabel = "N",
      defaultValue = "1",
      description =
          "Texts to generate, at once; the k-th is the same however many they are (default:"
              + " ${DEFAULT-VALUE}).")
  private int samples;

  @Mixin private GenerationOptions options;

  @Override
  public Integer call() throws IOException {
    InputException.atLeast("samples", samples, 1);
    InputException.atMost("samples", samples, MOST_SAMPLES);
    Generation generation = options.generation();
    PrintWriter terminal = spec.commandLine().getOut();
    try (LanguageModel loaded = model.load(spec.commandLine().getErr(), "continue a text")) {
      TextGenerator generator = new TextGenerator(loaded);
      if (prompt == null) {
        prompt = Samples.start(loaded.tokenizer());
      }
      if (samples == 1) {
        one(generator, generation, terminal);
      } else {
        several(generator, generation, terminal);
      }
    }
    terminal.flush();
    return 0;
  }

  /** Prints the text as it comes. */
  private void one(TextGenerator generator, Generation generation, PrintWriter terminal) {
    terminal.print(prompt);
    generator.generate(
        prompt,
        generation,
        terminal::checkError, // nobody reads any more
        List.of(
            text -> {
              terminal.print(text);
              terminal.flush();
            }));
    terminal.println();
  }

  private void several(TextGenerator generator, Generation generation, PrintWriter terminal) {
    List<StringBuilder> texts =
        Stream.generate(() -> new StringBuilder(prompt)).limit(samples).toList();
    generator.generate(
        prompt,
        generation,
        () -> false,
        texts.stream().<Consumer<String>>map(text -> text::append).toList());
    IntStream.range(0, samples)
        .forEach(i -> terminal.printf("Sample %d:%n%s%n%n", i + 1, texts.get(i)));
  }
}
