package dev.pullback.train.corpus;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.pullback.train.InputException;
import dev.pullback.train.data.TokenWidth;
import dev.pullback.train.store.JsonFile;
import java.nio.file.Path;
import java.util.List;

/**
 * What a corpus folder holds, and from what it was made.
 *
 * @param version of the folder's layout
 * @param sources where the texts came from
 * @param settings what was asked for
 * @param tokenizer what the tokens mean
 * @param tokenType how a token is stored, little endian
 * @param train what is trained on
 * @param validation what is measured with
 */
public record Manifest(
    int version,
    List<Origin> sources,
    Settings settings,
    Vocabulary tokenizer,
    TokenWidth tokenType,
    Split train,
    Split validation) {

  static final String FILE = "manifest.json";
  static final String TOKENIZER = "tokenizer.json";
  static final int VERSION = 1;
  private static final long MOST_TOKENS = 1L << 40;

  /**
   * A source as it was given.
   *
   * @param name path, glob or coordinates
   * @param files how many it gave
   * @param bytes their size together
   * @param sha256 of the file; of several, of lines {@code SHA-256, two spaces, name}
   */
  public record Origin(String name, int files, long bytes, String sha256) {}

  /**
   * Which tokenizer is in {@value #TOKENIZER}.
   *
   * @param sha256 of that file
   * @param size of the vocabulary
   */
  public record Vocabulary(String sha256, int size) {}

  /**
   * One part of the corpus.
   *
   * @param documents how many
   * @param bytes of their text as UTF-8
   * @param tokens those that end documents included
   * @param shards the files, in order
   */
  public record Split(long documents, long bytes, long tokens, List<Shard> shards) {}

  /**
   * A file of tokens.
   *
   * @param file its name in the folder
   * @param documents how many
   * @param bytes of their text as UTF-8
   * @param tokens how many
   * @param sha256 of the file
   */
  public record Shard(String file, long documents, long bytes, long tokens, String sha256) {}

  /**
   * Reads and checks a manifest.
   *
   * @param folder the corpus
   * @return its manifest
   * @throws InputException if there is none, or none that this program wrote
   */
  static Manifest read(Path folder) {
    Path file = folder.resolve(FILE);
    String kind = "the manifest of a corpus";
    ObjectNode json = JsonFile.largeObject(file, kind);
    if (!json.path("version").isInt() || json.path("version").intValue() != VERSION) {
      throw new InputException(
          "%s has version %s; this program reads version %d"
              .formatted(file, json.path("version"), VERSION));
    }
    Manifest manifest = JsonFile.complete(json, Manifest.class, file, kind);
    manifest.check(file, "train", manifest.train);
    manifest.check(file, "validation", manifest.validation);
    return manifest;
  }

  private void check(Path file, String name, Split split) {
    long tokens = 0;
    for (int i = 0; i < split.shards.size(); i++) {
      Shard shard = split.shards.get(i);
      // A name of another form might lead out of the folder.
      if (!shard.file.equals(shardName(name, i))
          || shard.tokens < 1
          || shard.tokens > MOST_TOKENS) {
        throw new InputException(
            "%s: shard %d of %s is %s with %d tokens, expected %s with 1 to %d"
                .formatted(
                    file, i, name, shard.file, shard.tokens, shardName(name, i), MOST_TOKENS));
      }
      tokens += shard.tokens;
    }
    if (tokens != split.tokens || split.bytes < 0) {
      throw new InputException(
          "%s: %s has %d tokens, but its shards have %d; prepare the corpus again"
              .formatted(file, name, split.tokens, tokens));
    }
    if (tokenizer.size < 1 || tokenType != TokenWidth.of(tokenizer.size)) {
      throw new InputException(
          "%s: tokens of a vocabulary of %d are not stored as %s"
              .formatted(file, tokenizer.size, tokenType));
    }
  }

  static String shardName(String split, int number) {
    return "%s-%05d.bin".formatted(split, number);
  }
}
