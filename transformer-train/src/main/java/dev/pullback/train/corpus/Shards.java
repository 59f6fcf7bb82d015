package dev.pullback.train.corpus;

import dev.pullback.train.data.Sha256;
import dev.pullback.train.data.TokenWidth;
import dev.pullback.train.store.ResumableFile;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.DigestOutputStream;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.function.Consumer;

/** Joins the files of all units of work, in their order, to as few as may be. */
final class Shards {

  private final Path out;
  private final String split;
  private final TokenWidth width;
  private final long most;
  private final Consumer<String> journal;
  private final List<Manifest.Shard> shards = new ArrayList<>();
  private final List<Path> files = new ArrayList<>();
  private Parts.Part sum = new Parts.Part("", 0, 0, 0);

  /**
   * Begins.
   *
   * @param most bytes of a shard, unless a single file has more
   * @param journal hears of every shard
   */
  Shards(Path out, String split, TokenWidth width, long most, Consumer<String> journal) {
    this.out = out;
    this.split = split;
    this.width = width;
    this.most = most;
    this.journal = journal;
  }

  void add(Path folder, List<Parts.Part> parts) throws IOException {
    for (Parts.Part part : parts) {
      if ((sum.tokens() + part.tokens()) * width.bytes() > most) {
        end();
      }
      files.add(folder.resolve(part.file()));
      sum =
          new Parts.Part(
              "",
              sum.documents() + part.documents(),
              sum.bytes() + part.bytes(),
              sum.tokens() + part.tokens());
    }
  }

  private void end() throws IOException {
    if (files.isEmpty()) {
      return;
    }
    String name = Manifest.shardName(split, shards.size());
    MessageDigest digest = Sha256.newDigest();
    try (ResumableFile shard = ResumableFile.beside(out.resolve(name))) {
      shard.restart(); // what a killed process left is written again
      try (OutputStream to = new DigestOutputStream(new Appended(shard), digest)) {
        for (Path file : files) {
          try (InputStream from = Files.newInputStream(file)) {
            from.transferTo(to);
          }
        }
      }
      shard.commit();
    }
    shards.add(
        new Manifest.Shard(
            name,
            sum.documents(),
            sum.bytes(),
            sum.tokens(),
            HexFormat.of().formatHex(digest.digest())));
    files.clear();
    sum = new Parts.Part("", 0, 0, 0);
    journal.accept(name);
  }

  Manifest.Split finish() throws IOException {
    end();
    return new Manifest.Split(
        shards.stream().mapToLong(Manifest.Shard::documents).sum(),
        shards.stream().mapToLong(Manifest.Shard::bytes).sum(),
        shards.stream().mapToLong(Manifest.Shard::tokens).sum(),
        List.copyOf(shards));
  }
}
