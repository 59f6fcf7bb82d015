package dev.pullback.train.corpus;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectWriter;
import dev.pullback.tokenizer.TextTokenizer;
import dev.pullback.train.InputException;
import dev.pullback.train.data.Sha256;
import dev.pullback.train.data.TextSource;
import dev.pullback.train.data.TokenWidth;
import dev.pullback.train.data.TokenizerChoice;
import dev.pullback.train.store.AtomicFiles;
import dev.pullback.train.store.JsonFile;
import dev.pullback.train.store.ResumableFile;
import dev.pullback.train.store.RunLock;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * Makes a corpus folder. Sources are divided into units of work; each is read twice, once to learn
 * what there is and once to encode it, and what comes out is kept in the folder {@code .prepare}
 * until all is there. The same call after a crash goes on with what is missing.
 */
public final class Preparation {

  private static final String WORK = ".prepare";
  private static final String PLAN = "plan.json";
  private static final String SCAN = "scan.json";
  private static final String CHARACTERS = "characters.txt";
  private static final String HASHES = "hashes.bin";
  private static final String ENCODED = "encoded.json";
  private static final Sizes SIZES = new Sizes(32 << 20, 1L << 30);
  private static final ObjectWriter JSON = new ObjectMapper().writerWithDefaultPrettyPrinter();

  private final Path out;
  private final Path work;
  private final List<Source> sources;
  private final TokenizerChoice choice;
  private final Settings settings;
  private final int jobs;
  private final Consumer<String> log;
  private final Consumer<String> journal;
  private final Sizes sizes;

  /**
   * What is being made, so that nobody goes on with something else.
   *
   * @param version of the folder's layout
   * @param sources where the texts come from
   * @param settings what was asked for
   * @param tokenizer SHA-256 of a tokenizer that was given; empty for one that is made
   */
  record Plan(int version, List<Manifest.Origin> sources, Settings settings, String tokenizer) {}

  /**
   * How the work and the corpus are divided.
   *
   * @param unitBytes of sources in a unit of work
   * @param shardBytes the most of a shard, unless a unit of work leaves more
   */
  record Sizes(long unitBytes, long shardBytes) {}

  /**
   * Prepares to prepare.
   *
   * @param out the folder; need not exist
   * @param sources where the texts are
   * @param choice how they become tokens
   * @param settings what else is asked for; its tokenizer is that of the choice
   * @param jobs threads, at least 1
   * @param log takes a line now and then
   */
  public Preparation(
      Path out,
      List<Source> sources,
      TokenizerChoice choice,
      Settings settings,
      int jobs,
      Consumer<String> log) {
    this(out, sources, choice, settings, jobs, log, step -> {}, SIZES);
  }

  Preparation(
      Path out,
      List<Source> sources,
      TokenizerChoice choice,
      Settings settings,
      int jobs,
      Consumer<String> log,
      Consumer<String> journal,
      Sizes sizes) {
    this.out = out.toAbsolutePath().normalize();
    this.work = this.out.resolve(WORK);
    this.sources = sources.stream().map(source -> source.outside(this.out)).toList();
    this.choice = choice;
    this.settings = settings;
    this.jobs = jobs;
    this.log = log;
    this.journal = journal;
    this.sizes = sizes;
  }

  /**
   * Makes the corpus, or what is missing of it.
   *
   * @return its manifest
   * @throws InputException if a source cannot be read, or the folder holds something else
   * @throws IOException if the folder cannot be written
   */
  public Manifest run() throws IOException {
    refuseForeign();
    AtomicFiles.createFolders(out);
    RunLock lock =
        RunLock.take(out)
            .orElseThrow(
                () -> new InputException("another process is preparing the corpus " + out));
    try {
      Manifest manifest = prepare();
      if (Files.exists(work)) {
        AtomicFiles.delete(work);
      }
      return manifest;
    } finally {
      lock.close();
    }
  }

  /** Nothing of somebody's may be taken for ours. */
  private void refuseForeign() throws IOException {
    if (!Files.exists(out)
        || Files.exists(out.resolve(Manifest.FILE))
        || Files.exists(work.resolve(PLAN))) {
      return;
    }
    if (!Files.isDirectory(out)) {
      throw new InputException("--out %s is no folder; choose another".formatted(out));
    }
    try (Stream<Path> content = Files.list(out)) {
      content
          .map(path -> path.getFileName().toString())
          .filter(name -> !name.equals("lock") && !name.equals(WORK))
          .findFirst()
          .ifPresent(
              name -> {
                throw new InputException(
                    "--out %s holds %s and is no corpus; choose another".formatted(out, name));
              });
    }
  }

  private Manifest prepare() throws IOException {
    log.accept("checking %d sources".formatted(sources.size()));
    List<Callable<Manifest.Origin>> origins = new ArrayList<>();
    sources.forEach(source -> origins.add(source::origin));
    TextTokenizer given =
        choice.kind() == TokenizerChoice.Kind.FILE ? TokenizerChoice.load(choice.file()) : null;
    Plan plan =
        new Plan(
            Manifest.VERSION,
            Parallel.all(jobs, origins),
            settings,
            given == null ? "" : sha256(given.toJson()));
    if (Files.exists(out.resolve(Manifest.FILE))) {
      return unchanged(plan);
    }
    begin(plan);
    List<List<Piece>> units =
        Piece.units(
            sources.stream().flatMap(source -> source.files().stream()).toList(),
            sizes.unitBytes());
    Scan all = scan(units);
    Encoding.Rule rule = Encoding.Rule.of(all, settings.validation());
    if (all.documents() == 1) {
      log.accept("there is one document; the last tenth of it validates");
    }
    TextTokenizer tokenizer = tokenizer(all, units);
    List<Encoding.Written> written = encode(units, rule, tokenizer);
    return assemble(plan, tokenizer, written);
  }

  /** Goes on with what is there if it is the same; what was only read so far may be forgotten. */
  private void begin(Plan plan) throws IOException {
    Path file = work.resolve(PLAN);
    if (Files.exists(file) && read(file, Plan.class, "the plan of a corpus").equals(plan)) {
      return;
    }
    if (Files.exists(work.resolve(Manifest.TOKENIZER))) {
      throw new InputException(
          "%s holds the beginnings of a corpus of other sources, settings or tokenizer; choose another --out, or delete it"
              .formatted(out));
    }
    if (Files.exists(work)) {
      AtomicFiles.delete(work);
    }
    AtomicFiles.replace(file, json(plan));
    journal.accept(PLAN);
  }

  private Manifest unchanged(Plan plan) {
    Manifest manifest = Manifest.read(out);
    boolean same =
        manifest.sources().equals(plan.sources())
            && manifest.settings().equals(plan.settings())
            && (plan.tokenizer().isEmpty()
                || plan.tokenizer().equals(manifest.tokenizer().sha256()));
    if (!same) {
      throw new InputException(
          "%s holds a corpus of other sources, settings or tokenizer; choose another --out"
              .formatted(out));
    }
    log.accept("there is nothing left to do");
    return manifest;
  }

  private Path unit(int number) {
    return work.resolve("%05d".formatted(number));
  }

  private Scan scan(List<List<Piece>> units) throws IOException {
    log.accept("reading %d units of work".formatted(units.size()));
    List<Callable<Scan>> tasks = new ArrayList<>();
    for (int i = 0; i < units.size(); i++) {
      Path folder = unit(i);
      List<Piece> pieces = units.get(i);
      tasks.add(() -> scan(folder, pieces));
    }
    return Parallel.all(jobs, tasks).stream().reduce(Scan.NOTHING, Scan::plus);
  }

  private Scan scan(Path folder, List<Piece> pieces) throws IOException {
    if (Files.exists(folder.resolve(SCAN))) {
      return read(folder.resolve(SCAN), Scan.class, "the scan of a unit of work")
          .withCharacters(Files.readString(folder.resolve(CHARACTERS)));
    }
    Scan scan;
    try (ResumableFile file = ResumableFile.beside(folder.resolve(HASHES))) {
      file.restart();
      try (DataOutputStream hashes =
          new DataOutputStream(new BufferedOutputStream(new Appended(file)))) {
        scan = Scan.of(pieces, settings, hashes);
      }
      file.commit();
    }
    AtomicFiles.replace(folder.resolve(CHARACTERS), scan.characters());
    AtomicFiles.replace(folder.resolve(SCAN), json(scan.withCharacters("")));
    journal.accept(folder.getFileName() + " " + SCAN);
    return scan;
  }

  private TextTokenizer tokenizer(Scan all, List<List<Piece>> units) throws IOException {
    Path kept = work.resolve(Manifest.TOKENIZER);
    if (Files.exists(kept)) {
      return TokenizerChoice.load(kept);
    }
    TextTokenizer tokenizer = choice.make(all::characters, texts(units));
    AtomicFiles.replace(kept, tokenizer.toJson());
    journal.accept(Manifest.TOKENIZER);
    return tokenizer;
  }

  /** All documents, one after the other. */
  private TextSource texts(List<List<Piece>> units) {
    return parts -> {
      Documents documents = new Documents(settings, (utf8, decoding) -> decoding.read(utf8, parts));
      units.forEach(pieces -> pieces.forEach(documents::read));
    };
  }

  private List<Encoding.Written> encode(
      List<List<Piece>> units, Encoding.Rule rule, TextTokenizer tokenizer) throws IOException {
    log.accept("encoding with a vocabulary of %d".formatted(tokenizer.vocabularySize()));
    List<Callable<Encoding.Written>> tasks = new ArrayList<>();
    for (int i = 0; i < units.size(); i++) {
      Path folder = unit(i);
      List<Piece> pieces = units.get(i);
      tasks.add(() -> encode(folder, pieces, rule, tokenizer));
    }
    return Parallel.all(jobs, tasks);
  }

  private Encoding.Written encode(
      Path folder, List<Piece> pieces, Encoding.Rule rule, TextTokenizer tokenizer)
      throws IOException {
    Path done = folder.resolve(ENCODED);
    if (Files.exists(done)) {
      return read(done, Encoding.Written.class, "the journal of a unit of work");
    }
    Encoding.Written written;
    try (DataInputStream hashes =
        new DataInputStream(
            new BufferedInputStream(Files.newInputStream(folder.resolve(HASHES))))) {
      written = Encoding.encode(pieces, settings, rule, tokenizer, hashes, folder);
    }
    AtomicFiles.replace(done, json(written));
    journal.accept(folder.getFileName() + " " + ENCODED);
    return written;
  }

  private Manifest assemble(Plan plan, TextTokenizer tokenizer, List<Encoding.Written> written)
      throws IOException {
    log.accept("writing the shards");
    TokenWidth width = TokenWidth.of(tokenizer.vocabularySize());
    Shards train = new Shards(out, "train", width, sizes.shardBytes(), journal);
    Shards validation = new Shards(out, "validation", width, sizes.shardBytes(), journal);
    for (int i = 0; i < written.size(); i++) {
      train.add(unit(i), written.get(i).train());
      validation.add(unit(i), written.get(i).validation());
    }
    String json = tokenizer.toJson();
    Manifest manifest =
        new Manifest(
            Manifest.VERSION,
            plan.sources(),
            settings,
            new Manifest.Vocabulary(sha256(json), tokenizer.vocabularySize()),
            width,
            train.finish(),
            validation.finish());
    write(Manifest.TOKENIZER, json);
    write(Manifest.FILE, json(manifest)); // the last: with it the corpus is complete
    return manifest;
  }

  /** Writes a file of the corpus; what a killed process left of it is taken over. */
  private void write(String name, String content) throws IOException {
    try (ResumableFile file = ResumableFile.beside(out.resolve(name))) {
      file.restart();
      file.append(ByteBuffer.wrap(content.getBytes(StandardCharsets.UTF_8)));
      file.commit();
    }
    journal.accept(name);
  }

  private static <T> T read(Path file, Class<T> type, String kind) {
    return JsonFile.complete(JsonFile.largeObject(file, kind), type, file, kind);
  }

  private static String json(Object value) {
    try {
      return JSON.writeValueAsString(value) + "\n";
    } catch (JsonProcessingException e) {
      throw new IllegalStateException(e);
    }
  }

  private static String sha256(String text) {
    return Sha256.of(text.getBytes(StandardCharsets.UTF_8));
  }
}
