package dev.pullback.train.corpus;

import dev.pullback.train.data.Sha256;
import dev.pullback.train.data.TextSummary;
import dev.pullback.train.data.Utf8Text;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.util.BitSet;
import java.util.List;

/**
 * What a first reading tells of documents. Hashes are the first eight bytes of the SHA-256 of seed
 * and document, compared as unsigned numbers.
 *
 * @param documents how many have text
 * @param codePoints characters in all
 * @param below how many have a hash below the share that validates
 * @param least the smallest hash; 2⁶⁴ - 1 if there is none
 * @param greatest the largest hash; 0 if there is none
 * @param characters every character that occurs, once
 */
record Scan(
    long documents, long codePoints, long below, long least, long greatest, String characters) {

  /** Of no document. */
  static final Scan NOTHING = new Scan(0, 0, 0, -1, 0, "");

  Scan withCharacters(String others) {
    return new Scan(documents, codePoints, below, least, greatest, others);
  }

  /** Returns the hash below which documents validate. */
  static long limit(double share) {
    return (long) (share * 0x1p63) << 1; // no long holds the 2^64 that the share is of
  }

  /** Starts the hash of a document. */
  static MessageDigest digest(long seed) {
    MessageDigest digest = Sha256.newDigest();
    digest.update(ByteBuffer.allocate(Long.BYTES).putLong(0, seed));
    return digest;
  }

  /** Ends the hash of a document. */
  static long hash(MessageDigest digest) {
    return ByteBuffer.wrap(digest.digest()).getLong();
  }

  /** Reads pieces; the hashes of their documents are written down in order. */
  static Scan of(List<Piece> pieces, Settings settings, DataOutputStream hashes) {
    Scanner scanner = new Scanner(settings, hashes);
    Documents documents = new Documents(settings, scanner);
    pieces.forEach(documents::read);
    return scanner.scan();
  }

  /** Both readings together. */
  Scan plus(Scan other) {
    BitSet seen = new BitSet();
    TextSummary.addCharacters(characters, seen);
    TextSummary.addCharacters(other.characters, seen);
    return new Scan(
        documents + other.documents,
        codePoints + other.codePoints,
        below + other.below,
        Long.compareUnsigned(least, other.least) < 0 ? least : other.least,
        Long.compareUnsigned(greatest, other.greatest) > 0 ? greatest : other.greatest,
        TextSummary.characters(seen));
  }

  private static final class Scanner implements Documents.Reader {

    private final Settings settings;
    private final DataOutputStream hashes;
    private final BitSet seen = new BitSet();
    private Scan sum = NOTHING;
    private long codePoints;

    Scanner(Settings settings, DataOutputStream hashes) {
      this.settings = settings;
      this.hashes = hashes;
    }

    @Override
    public void read(InputStream utf8, Utf8Text decoding) throws IOException {
      MessageDigest digest = digest(settings.seed());
      codePoints = 0;
      decoding.read(
          new DigestInputStream(utf8, digest),
          part -> {
            codePoints += part.codePointCount(0, part.length());
            TextSummary.addCharacters(part, seen);
          });
      if (codePoints > 0) {
        long hash = hash(digest);
        write(hash);
        boolean below = Long.compareUnsigned(hash, limit(settings.validation())) < 0;
        sum = sum.plus(new Scan(1, codePoints, below ? 1 : 0, hash, hash, ""));
      }
    }

    /** A failure of ours must not be taken for one of the source. */
    private void write(long hash) {
      Parallel.unchecked(() -> hashes.writeLong(hash));
    }

    Scan scan() {
      return sum.withCharacters(TextSummary.characters(seen));
    }
  }
}
