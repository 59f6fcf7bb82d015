package dev.pullback.train.corpus;

import dev.pullback.tokenizer.StreamingEncoder;
import dev.pullback.tokenizer.TextTokenizer;
import dev.pullback.train.InputException;
import dev.pullback.train.data.TokenData;
import dev.pullback.train.data.TokenizerChoice;
import dev.pullback.train.data.Utf8Text;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.List;
import java.util.OptionalInt;

/** Encodes the documents of a unit of work, each into the split that its hash says. */
final class Encoding implements Documents.Reader, AutoCloseable {

  private final Settings settings;
  private final Rule rule;
  private final DataInputStream hashes;
  private final Output train;
  private final Output validation;

  /**
   * Which documents validate.
   *
   * @param limit those whose hash, as an unsigned number, is below it
   * @param only the characters of the only document there is, of which the last tenth validates; 0
   *     if there are several
   */
  record Rule(long limit, long only) {

    /** Gives both splits something, whatever the hashes are. */
    static Rule of(Scan all, double share) {
      if (all.documents() == 0) {
        throw new InputException("the sources hold no text; give some that are not empty");
      }
      if (all.codePoints() == 1) {
        throw new InputException("the sources hold one character; give more to train on");
      }
      if (all.documents() == 1) {
        return new Rule(0, all.codePoints());
      }
      if (all.least() == all.greatest()) {
        throw new InputException(
            "all %d documents are the same; a copy of what is trained on cannot validate"
                .formatted(all.documents()));
      }
      long limit = Scan.limit(share);
      if (all.below() == 0) {
        limit = all.least() + 1;
      } else if (all.below() == all.documents()) {
        limit = all.greatest();
      }
      return new Rule(limit, 0);
    }
  }

  /**
   * What a unit of work has written.
   *
   * @param train files of the training split
   * @param validation files of the other
   */
  record Written(List<Parts.Part> train, List<Parts.Part> validation) {}

  /** An encoder and where its tokens go. */
  private record Output(Parts parts, StreamingEncoder encoder, OptionalInt endOfDocument) {

    Output(Parts parts, TextTokenizer tokenizer) {
      this(parts, tokenizer.newEncoder(parts), TokenizerChoice.endOfDocument(tokenizer));
    }

    void write(String part) {
      parts.addBytes(part.getBytes(StandardCharsets.UTF_8).length);
      encoder.write(part);
    }

    void end(boolean marked) throws IOException {
      encoder.end();
      if (marked) {
        endOfDocument.ifPresent(parts::accept);
      }
      parts.endDocument();
    }
  }

  private Encoding(
      Settings settings, Rule rule, DataInputStream hashes, Output train, Output validation) {
    this.settings = settings;
    this.rule = rule;
    this.hashes = hashes;
    this.train = train;
    this.validation = validation;
  }

  /**
   * Encodes pieces.
   *
   * @param hashes what the scan of the same pieces has written
   * @param folder takes the files
   */
  static Written encode(
      List<Piece> pieces,
      Settings settings,
      Rule rule,
      TextTokenizer tokenizer,
      DataInputStream hashes,
      Path folder)
      throws IOException {
    try (Parts train = new Parts(folder, "train", tokenizer);
        Parts validation = new Parts(folder, "validation", tokenizer);
        Encoding encoding =
            new Encoding(
                settings,
                rule,
                hashes,
                new Output(train, tokenizer),
                new Output(validation, tokenizer))) {
      Documents documents = new Documents(settings, encoding);
      pieces.forEach(documents::read);
      if (hashes.read() >= 0) {
        throw changed(pieces.get(0).file().name() + " or a file behind it");
      }
      return new Written(train.finish(), validation.finish());
    }
  }

  @Override
  public void read(InputStream utf8, Utf8Text decoding) throws IOException {
    MessageDigest digest = Scan.digest(settings.seed());
    Document document = new Document(decoding.name());
    try {
      decoding.read(new DigestInputStream(utf8, digest), document::accept);
      if (document.begun && Scan.hash(digest) != document.hash) {
        throw changed(decoding.name());
      }
      document.end();
    } catch (IllegalArgumentException e) {
      throw new InputException(
          "%s, behind offset %d: %s; use another --tokenizer"
              .formatted(decoding.name(), decoding.from(), e.getMessage()),
          e);
    }
  }

  private static InputException changed(String name) {
    return new InputException(
        "%s has changed while it was being prepared; start again with another --out"
            .formatted(name));
  }

  /** A document while it is read. Its split is known when its first character is. */
  private final class Document {

    private final String name;
    private boolean begun;
    private long hash;
    private Output output;
    private long left = Long.MAX_VALUE;

    Document(String name) {
      this.name = name;
    }

    void accept(String part) {
      if (!begun) {
        begin();
      }
      int characters = part.codePointCount(0, part.length());
      if (characters < left) {
        output.write(part);
        left -= left == Long.MAX_VALUE ? 0 : characters;
        return;
      }
      // The only document there is: from here on it validates.
      int cut = part.offsetByCodePoints(0, Math.toIntExact(left));
      output.write(part.substring(0, cut));
      end(false);
      output = validation;
      output.write(part.substring(cut));
      left = Long.MAX_VALUE;
    }

    private void begin() {
      begun = true;
      Parallel.unchecked(() -> hash = nextHash());
      output = Long.compareUnsigned(hash, rule.limit()) < 0 ? validation : train;
      if (rule.only() > 0) {
        left = TokenData.trainingPart(rule.only());
      }
    }

    private long nextHash() throws IOException {
      try {
        return hashes.readLong();
      } catch (EOFException e) { // more documents than there were
        throw changed(name);
      }
    }

    void end() {
      if (begun) {
        end(true);
      }
    }

    private void end(boolean marked) {
      Parallel.unchecked(() -> output.end(marked));
    }
  }

  @Override
  public void close() throws IOException {
    hashes.close();
  }
}
