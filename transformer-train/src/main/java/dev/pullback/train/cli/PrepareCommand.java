package dev.pullback.train.cli;

import dev.pullback.train.InputException;
import dev.pullback.train.corpus.Corpus;
import dev.pullback.train.corpus.CorpusPreset;
import dev.pullback.train.corpus.Manifest;
import dev.pullback.train.corpus.Preparation;
import dev.pullback.train.corpus.Settings;
import dev.pullback.train.corpus.Source;
import dev.pullback.train.data.DataDirectory;
import dev.pullback.train.data.InvalidUtf8;
import dev.pullback.train.data.TokenizerChoice;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code pullback prepare}. */
@Command(
    name = "prepare",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description =
        "Turns texts into a folder of tokens, which 'train --data' takes. A killed one goes on when"
            + " it is started again.")
final class PrepareCommand implements Callable<Integer> {

  @Spec private CommandSpec spec;

  @Parameters(
      arity = "0..*",
      paramLabel = "SOURCE",
      description =
          "Text files, .jsonl, .jar or .zip, .gz or .zst of the first two; folders; globs; "
              + "maven:GROUP:ARTIFACT:VERSION[:CLASSIFIER].")
  private List<String> sources = List.of();

  @Option(names = "--out", paramLabel = "DIR", description = "Folder of the corpus.")
  private Path out;

  @Option(
      names = "--preset",
      paramLabel = "NAME",
      description =
          "javasource: Java sources from Maven Central. Without --out it goes where "
              + "'train --dataset javasource' looks for it.")
  private String preset;

  @Option(
      names = "--tokenizer",
      paramLabel = "NAME",
      defaultValue = "char",
      description = "char, bpe:N or a tokenizer.json (default: ${DEFAULT-VALUE}).")
  private String tokenizer;

  @Option(
      names = "--validation",
      paramLabel = "F",
      description = "Share of the documents that validate, in (0, 1). Default: 0.01.")
  private Double validation;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "Another seed gives other documents to validate with. Default: 1.")
  private Long seed;

  @Option(
      names = "--invalid",
      paramLabel = "POLICY",
      description = "refuse or replace: what to do with bytes that are not UTF-8. Default: refuse.")
  private InvalidUtf8 invalid;

  @Option(
      names = "--field",
      paramLabel = "NAME",
      description = "Where objects of .jsonl files have their text. Default: text.")
  private String field;

  @Option(
      names = "--endings",
      paramLabel = "NAMES",
      split = ",",
      description =
          "Which files of folders and archives are taken, such as java,md. Default: all of "
              + "folders, the usual ones of text of archives.")
  private List<String> endings;

  @Option(
      names = "--jobs",
      paramLabel = "N",
      defaultValue = "0",
      description = "Threads; 0 for one per core (the default).")
  private int jobs;

  @Option(
      names = "--data-dir",
      paramLabel = "DIR",
      description = "Folder of data sets. Default: $PULLBACK_DATA, else ~/.pullback.")
  private Path dataDir;

  @Option(
      names = "--verify",
      description = "Compare a corpus with the checksums in its manifest; nothing is written.")
  private boolean verify;

  @Override
  public Integer call() throws IOException {
    InputException.atLeast("jobs", jobs, 0);
    TokenizerChoice choice = TokenizerChoice.parse(tokenizer);
    if (preset != null && !preset.equals(CorpusPreset.NAME)) {
      throw new InputException(
          "there is no corpus '%s'; --preset knows %s".formatted(preset, CorpusPreset.NAME));
    }
    Path folder = folder(choice);
    Manifest manifest = verify ? Corpus.verify(folder) : prepare(folder, choice);
    PrintWriter terminal = spec.commandLine().getOut();
    terminal.printf("Corpus: %s%n", folder);
    terminal.print(line("train", manifest.train()));
    terminal.print(line("validation", manifest.validation()));
    terminal.flush();
    return 0;
  }

  private Path folder(TokenizerChoice choice) {
    if (out != null) {
      return out;
    }
    if (preset == null) {
      throw new InputException("prepare needs --out, the folder of the corpus");
    }
    return CorpusPreset.folder(DataDirectory.choose(dataDir), choice);
  }

  private static String line(String name, Manifest.Split split) {
    return String.format(
        Locale.ROOT,
        "  %-10s  %d tokens of %d bytes in %d documents, %d files%n",
        name,
        split.tokens(),
        split.bytes(),
        split.documents(),
        split.shards().size());
  }

  private Manifest prepare(Path folder, TokenizerChoice choice) throws IOException {
    boolean named = preset != null;
    if (sources.isEmpty() != named) {
      throw new InputException("give either sources or --preset " + CorpusPreset.NAME);
    }
    List<Source> found =
        named
            ? CorpusPreset.sources(this::log)
            : sources.stream().map(name -> Source.of(name, endings())).toList();
    int threads = jobs > 0 ? jobs : Runtime.getRuntime().availableProcessors();
    return new Preparation(folder, found, choice, settings(choice), threads, this::log).run();
  }

  private List<String> endings() {
    return endings == null
        ? List.of()
        : endings.stream().map(ending -> ending.toLowerCase(Locale.ROOT)).toList();
  }

  private Settings settings(TokenizerChoice choice) {
    if (preset != null) {
      // Who changes what a preset settles would have another corpus of the same name.
      if (validation != null
          || seed != null
          || invalid != null
          || field != null
          || endings != null) {
        throw new InputException(
            "--preset %s settles --validation, --seed, --invalid, --field and --endings; leave them out"
                .formatted(preset));
      }
      return CorpusPreset.settings(choice);
    }
    return new Settings(
        choice.kindName(),
        seed == null ? 1 : seed,
        validation == null ? Settings.DEFAULT_VALIDATION : validation,
        invalid == null ? InvalidUtf8.REFUSE : invalid,
        field == null ? "text" : field,
        endings());
  }

  private void log(String line) {
    spec.commandLine().getErr().println(line);
    spec.commandLine().getErr().flush();
  }
}
