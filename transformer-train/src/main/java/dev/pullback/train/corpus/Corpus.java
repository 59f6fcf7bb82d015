package dev.pullback.train.corpus;

import dev.pullback.tokenizer.TextTokenizer;
import dev.pullback.train.FailureReason;
import dev.pullback.train.InputException;
import dev.pullback.train.data.Sha256;
import dev.pullback.train.data.TokenData;
import dev.pullback.train.data.TokenStream;
import dev.pullback.train.data.TokenWidth;
import dev.pullback.train.data.TokenizerChoice;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;

/**
 * A folder of tokens, mapped into memory.
 *
 * @param origin where it is and how large, in words for the log
 * @param sha256 its fingerprint: of the manifest, which has those of all files; without a manifest,
 *     of all tokens
 * @param tokens the two splits
 * @param tokenizer what the tokens mean
 */
public record Corpus(String origin, String sha256, TokenData tokens, TextTokenizer tokenizer) {

  private static final int BLOCK = 1 << 16;
  private static final String NANOGPT_TRAIN = "train.bin";
  private static final String NANOGPT_VALIDATION = "val.bin";

  /**
   * Tells whether a folder is a prepared corpus.
   *
   * @param folder the folder, which need not exist
   * @return whether it has a manifest
   */
  public static boolean isPrepared(Path folder) {
    return Files.exists(folder.resolve(Manifest.FILE));
  }

  /**
   * Opens a folder: one that was prepared, or one with nanoGPT's {@code train.bin} and {@code
   * val.bin}, which are two bytes a token and say nothing of its meaning.
   *
   * @param folder the folder
   * @param choice the tokenizer that was asked for; null if none was
   * @return the corpus
   * @throws InputException if it is neither or not whole, or the tokenizer is not the right one
   */
  public static Corpus open(Path folder, TokenizerChoice choice) {
    if (isPrepared(folder)) {
      return prepared(folder, choice);
    }
    if (Files.exists(folder.resolve(NANOGPT_TRAIN))) {
      return nanoGpt(folder, choice);
    }
    throw new InputException(
        "%s is a folder with neither a %s nor a %s; name a text file, or make a corpus with 'pullback prepare --out %s SOURCE'"
            .formatted(folder, Manifest.FILE, NANOGPT_TRAIN, folder));
  }

  private static Corpus prepared(Path folder, TokenizerChoice choice) {
    Manifest manifest = Manifest.read(folder);
    Path file = folder.resolve(Manifest.TOKENIZER);
    TextTokenizer tokenizer = TokenizerChoice.load(file);
    if (!sha256(file).equals(manifest.tokenizer().sha256())
        || tokenizer.vocabularySize() != manifest.tokenizer().size()) {
      throw new InputException(
          "%s, of %d tokens, is not the tokenizer of the corpus, which has %d and the SHA-256 %s"
              .formatted(
                  file,
                  tokenizer.vocabularySize(),
                  manifest.tokenizer().size(),
                  manifest.tokenizer().sha256()));
    }
    if (choice != null && !isThat(choice, tokenizer, manifest)) {
      throw new InputException(
          "the corpus %s was prepared with the tokenizer %s of %d tokens, not %s; leave --tokenizer out, or prepare another"
              .formatted(
                  folder, manifest.settings().tokenizer(), tokenizer.vocabularySize(), choice));
    }
    TokenData tokens =
        new TokenData(
            map(folder, manifest.train(), manifest.tokenType()),
            map(folder, manifest.validation(), manifest.tokenType()),
            manifest.validation().bytes());
    return new Corpus(
        describe(folder, tokens), sha256(folder.resolve(Manifest.FILE)), tokens, tokenizer);
  }

  private static boolean isThat(TokenizerChoice choice, TextTokenizer tokenizer, Manifest corpus) {
    return choice.kind() == TokenizerChoice.Kind.FILE
        ? TokenizerChoice.load(choice.file()).toJson().equals(tokenizer.toJson())
        : choice.toString().equals(corpus.settings().tokenizer());
  }

  private static TokenStream map(Path folder, Manifest.Split split, TokenWidth width) {
    for (Manifest.Shard shard : split.shards()) {
      Path file = folder.resolve(shard.file());
      long expected = Math.multiplyExact(shard.tokens(), width.bytes());
      try {
        long found = Files.size(file);
        if (found != expected) {
          throw new InputException(
              "%s has %d bytes, but the manifest says %d; prepare the corpus again"
                  .formatted(file, found, expected));
        }
      } catch (IOException e) {
        throw unreadable(file, e);
      }
    }
    return TokenStream.map(
        split.shards().stream().map(shard -> folder.resolve(shard.file())).toList(), width);
  }

  private static InputException unreadable(Path file, IOException e) {
    return new InputException("cannot read %s: %s".formatted(file, FailureReason.of(e)), e);
  }

  private static String describe(Path folder, TokenData tokens) {
    return String.format(
        Locale.ROOT,
        "the corpus %s, %d tokens to train on and %d to validate with",
        folder,
        tokens.train().length(),
        tokens.validation().length());
  }

  private static String sha256(Path file) {
    try {
      return Sha256.of(file);
    } catch (IOException e) {
      throw unreadable(file, e);
    }
  }

  /**
   * Reads all of a prepared corpus and compares it with its manifest.
   *
   * @param folder the corpus
   * @return its manifest
   * @throws InputException if a file has another checksum
   */
  public static Manifest verify(Path folder) {
    Manifest manifest = Manifest.read(folder);
    prepared(folder, null);
    for (Manifest.Split split : List.of(manifest.train(), manifest.validation())) {
      for (Manifest.Shard shard : split.shards()) {
        String found = sha256(folder.resolve(shard.file()));
        if (!found.equals(shard.sha256())) {
          throw new InputException(
              "%s has the SHA-256 checksum %s, but the manifest says %s; prepare the corpus again"
                  .formatted(folder.resolve(shard.file()), found, shard.sha256()));
        }
      }
    }
    return manifest;
  }

  private static Corpus nanoGpt(Path folder, TokenizerChoice choice) {
    if (choice == null || choice.kind() != TokenizerChoice.Kind.FILE) {
      throw new InputException(
          "%s does not say what its tokens mean; give the tokenizer.json with --tokenizer"
              .formatted(folder.resolve(NANOGPT_TRAIN)));
    }
    TextTokenizer tokenizer = TokenizerChoice.load(choice.file());
    MessageDigest digest = Sha256.newDigest();
    TokenData tokens =
        new TokenData(
            checked(folder.resolve(NANOGPT_TRAIN), tokenizer, digest),
            checked(folder.resolve(NANOGPT_VALIDATION), tokenizer, digest),
            0);
    return new Corpus(
        describe(folder, tokens), HexFormat.of().formatHex(digest.digest()), tokens, tokenizer);
  }

  /** A token that the model has no row for would be read from somewhere else. */
  private static TokenStream checked(Path file, TextTokenizer tokenizer, MessageDigest digest) {
    TokenStream stream = TokenStream.map(List.of(file), TokenWidth.UINT16);
    digest.update(ByteBuffer.allocate(Long.BYTES).putLong(stream.length()).flip());
    long[] block = new long[BLOCK];
    ByteBuffer bytes = ByteBuffer.allocate(BLOCK * Character.BYTES);
    for (long from = 0; from < stream.length(); from += BLOCK) {
      int count = (int) Math.min(BLOCK, stream.length() - from);
      stream.copy(from, count, block, 0);
      bytes.clear();
      for (int i = 0; i < count; i++) {
        if (block[i] >= tokenizer.vocabularySize()) {
          throw new InputException(
              "%s: token %d is %d, but the tokenizer has %d tokens only; give the one it was made with"
                  .formatted(file, from + i, block[i], tokenizer.vocabularySize()));
        }
        bytes.putChar((char) block[i]);
      }
      digest.update(bytes.flip());
    }
    return stream;
  }
}
