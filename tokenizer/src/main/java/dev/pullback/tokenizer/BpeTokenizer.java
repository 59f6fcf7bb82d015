package dev.pullback.tokenizer;

import ai.djl.modality.nlp.Vocabulary;
import ai.djl.modality.nlp.preprocess.Tokenizer;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.BitSet;
import java.util.Collections;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Stream;

/**
 * A byte-level byte-pair tokenizer (Sennrich et al. 2016, "Neural Machine Translation of Rare Words
 * with Subword Units"; over bytes as in GPT-2). It encodes every text, and gives the ids that
 * Hugging Face's {@code tokenizers} gives with the same {@code tokenizer.json}.
 *
 * <p>{@link BpeTrainer} makes one, {@link #load(Path)} reads one, and {@link #fromTiktoken} reads
 * the ranks of tiktoken.
 *
 * <p>Instances are immutable and safe for use by several threads at once; each thread's words are
 * remembered, in up to about 16 MB per thread.
 */
public final class BpeTokenizer implements TextTokenizer {

  private static final byte[] NO_BYTES = {};

  private final BpeModel model;
  private final Map<Integer, AddedToken> added;
  private final BpeSettings settings;
  private final BitSet special = new BitSet();

  /** Looked for first; null if there are none. */
  private final AddedTokenSet exact;

  /** Looked for in what is left; null if there are none. */
  private final AddedTokenSet normalized;

  /** Encoders that no thread uses now, for the sake of the words they remember. */
  private final ConcurrentLinkedQueue<PieceEncoder> idle = new ConcurrentLinkedQueue<>();

  /** Takes ownership; added tokens in the order of their ids. */
  BpeTokenizer(BpeModel model, Map<Integer, AddedToken> added, BpeSettings settings) {
    this.model = model;
    this.added = added;
    this.settings = settings;
    this.exact = set(false);
    this.normalized = set(true);
    added.forEach((id, token) -> special.set(id, token.special()));
  }

  private AddedTokenSet set(boolean isNormalized) {
    Map<Integer, AddedToken> tokens = new TreeMap<>(added);
    tokens.values().removeIf(token -> token.normalized() != isNormalized);
    tokens.replaceAll((id, token) -> token.found(settings.nfc()));
    return tokens.isEmpty() ? null : new AddedTokenSet(tokens);
  }

  /**
   * Reads a {@code tokenizer.json} of Hugging Face's {@code tokenizers}.
   *
   * @param path the file
   * @return the tokenizer
   * @throws IOException if the file cannot be read, is not a byte-level BPE tokenizer, or has what
   *     is not supported; the message names the file and what is wrong with it
   */
  public static BpeTokenizer load(Path path) throws IOException {
    return TokenizerFile.read(path, BpeTokenizerJson::read);
  }

  /**
   * Reads the text of a {@code tokenizer.json}.
   *
   * @param json the JSON text
   * @return the tokenizer
   * @throws IllegalArgumentException if the text is not JSON, not a byte-level BPE tokenizer, or
   *     has what is not supported; the message names it
   */
  public static BpeTokenizer fromJson(String json) {
    return BpeTokenizerJson.read(TokenizerFile.parse(json));
  }

  /**
   * Reads ranks as tiktoken keeps them: lines of a token in base 64 and its rank, which is its id.
   *
   * <p>The ids are tiktoken's. Written as {@code tokenizer.json}, pairs that give the same token
   * are no longer equal in rank, as in Hugging Face's own conversions; in rare texts that changes
   * an encoding.
   *
   * @param path the file
   * @param pattern the pattern that splits texts
   * @param specialTokens ids by special token
   * @return the tokenizer
   * @throws IOException if the file cannot be read or is malformed; the message names the file and
   *     the line
   */
  public static BpeTokenizer fromTiktoken(
      Path path, SplitPattern pattern, Map<String, Integer> specialTokens) throws IOException {
    return TiktokenFile.read(path, pattern, specialTokens);
  }

  /**
   * Encodes a text. Added tokens in it become their ids; none are put around it.
   *
   * @param text the text, possibly empty
   * @return the ids, each in [0, {@link #vocabularySize()})
   * @throws IllegalArgumentException if the text has an unpaired surrogate; the message gives its
   *     position
   */
  @Override
  public int[] encode(CharSequence text) {
    return encode(text, false);
  }

  /**
   * Encodes a text in which special tokens are text like any other. Added tokens that are not
   * special still become their ids.
   *
   * @param text the text, possibly empty
   * @return the ids, each in [0, {@link #vocabularySize()})
   * @throws IllegalArgumentException if the text has an unpaired surrogate; the message gives its
   *     position
   */
  public int[] encodeOrdinary(CharSequence text) {
    return encode(text, true);
  }

  /**
   * Encodes a text and puts the special tokens around it that the template of a {@code
   * tokenizer.json} has, such as {@code <|begin_of_text|>}.
   *
   * @param text the text, possibly empty
   * @return the ids, each in [0, {@link #vocabularySize()})
   * @throws IllegalArgumentException if the text has an unpaired surrogate; the message gives its
   *     position
   */
  @Override
  public int[] encodeWithSpecialTokens(CharSequence text) {
    return Stream.of(
            settings.before().stream().mapToInt(Integer::intValue),
            Arrays.stream(encode(text)),
            settings.after().stream().mapToInt(Integer::intValue))
        .flatMapToInt(ids -> ids)
        .toArray();
  }

  private int[] encode(CharSequence text, boolean specialAsText) {
    IdList ids = new IdList();
    PieceEncoder encoder = borrow();
    run(stages(BpeEncoder.receiver(encoder, ids), specialAsText, null), text);
    giveBack(encoder);
    return ids.toArray();
  }

  /**
   * Encodes a text and tells where each token comes from. Added tokens become their ids; none are
   * put around it. Of a text that is normalized, a character that changed and the marks after it
   * are one: a token that has some of them covers them all.
   *
   * @param text the text, possibly empty
   * @return the ids and their places
   * @throws IllegalArgumentException if the text has an unpaired surrogate; the message gives its
   *     position
   */
  public TokenSpans encodeWithOffsets(CharSequence text) {
    PieceEncoder encoder = borrow();
    SpanCollector collector = new SpanCollector(model, encoder);
    OffsetMap changes = new OffsetMap();
    run(stages(collector, false, changes), text);
    giveBack(encoder);
    return changes.back(collector.spans());
  }

  private PieceEncoder borrow() {
    PieceEncoder encoder = idle.poll();
    return encoder == null ? new PieceEncoder(model) : encoder;
  }

  private void giveBack(PieceEncoder encoder) {
    encoder.trim();
    idle.add(encoder);
  }

  private void run(TextStage stages, CharSequence text) {
    BpeEncoder encoder = new BpeEncoder(stages);
    try {
      encoder.write(text);
      encoder.end();
    } catch (UnpairedSurrogateException e) {
      int codePoint;
      for (int i = 0; i < text.length(); i += Character.charCount(codePoint)) {
        codePoint = CodePoints.at(text, i); // throws, with the line and the column
      }
      throw e;
    }
  }

  private TextStage stages(PieceStage.Receiver receiver, boolean specialAsText, OffsetMap changes) {
    TextStage stage = new PieceStage(settings.newSplitter(), settings.addPrefixSpace(), receiver);
    if (normalized != null) {
      stage = new AddedTokenStage(normalized, specialAsText, stage);
    }
    if (settings.nfc()) {
      stage = new NfcStage(stage, changes);
    }
    return exact == null ? stage : new AddedTokenStage(exact, specialAsText, stage);
  }

  /**
   * Returns an encoder for texts that arrive in parts. It holds back what may still change: a piece
   * (a word, a run of white space), a token that may yet come, and white space such a token may
   * take. Without a place to cut, as in a run of one letter, it holds all of it.
   *
   * @param sink takes the ids
   * @return the encoder
   */
  @Override
  public StreamingEncoder newEncoder(StreamingEncoder.Sink sink) {
    return new BpeEncoder(stages(BpeEncoder.receiver(new PieceEncoder(model), sink), false, null));
  }

  /**
   * Decodes ids to the text they stand for: their bytes are joined, and what is not UTF-8 is
   * U+FFFD, once per maximal invalid part.
   *
   * @param ids the ids, each in [0, {@link #vocabularySize()}); possibly none
   * @return the text
   * @throws IllegalArgumentException if an id is out of range or unused; the message names the id,
   *     its position and the vocabulary size
   */
  @Override
  public String decode(int... ids) {
    return decode(ids, false);
  }

  /**
   * Decodes ids and leaves special tokens out; see {@link #decode}.
   *
   * @param ids the ids, each in [0, {@link #vocabularySize()}); possibly none
   * @return the text
   * @throws IllegalArgumentException if an id is out of range or unused
   */
  public String decodeOrdinary(int... ids) {
    return decode(ids, true);
  }

  private String decode(int[] ids, boolean skipSpecialTokens) {
    int length = 0;
    for (int i = 0; i < ids.length; i++) {
      if (model.token(ids[i]) == null) {
        throw new IllegalArgumentException(unknown("id %d at position %d".formatted(ids[i], i)));
      }
      if (!skipSpecialTokens || !special.get(ids[i])) {
        length = Math.addExact(length, model.end(ids[i]) - model.start(ids[i]));
      }
    }
    byte[] bytes = new byte[length];
    int at = 0;
    for (int id : ids) {
      if (!skipSpecialTokens || !special.get(id)) {
        int start = model.start(id);
        int size = model.end(id) - start;
        System.arraycopy(model.bytes(), start, bytes, at, size);
        at += size;
      }
    }
    return new String(bytes, StandardCharsets.UTF_8);
  }

  @Override
  public StreamingDecoder newDecoder() {
    return newDecoder(false);
  }

  /**
   * Returns a decoder for ids that come one by one.
   *
   * @param skipSpecialTokens whether special tokens are left out
   * @return the decoder
   */
  public StreamingDecoder newDecoder(boolean skipSpecialTokens) {
    return new BpeDecoder(this, skipSpecialTokens);
  }

  BpeModel model() {
    return model;
  }

  /** Returns the bytes of a token, none if it is left out. */
  byte[] bytes(int id, boolean skipSpecialTokens) {
    checked(id);
    return skipSpecialTokens && special.get(id)
        ? NO_BYTES
        : Arrays.copyOfRange(model.bytes(), model.start(id), model.end(id));
  }

  private String checked(long id) {
    String token = model.token(id);
    if (token == null) {
      throw new IllegalArgumentException(unknown("id " + id));
    }
    return token;
  }

  private String unknown(String what) {
    return "%s stands for no token: the vocabulary size is %d, ids run from 0 to %d"
        .formatted(what, model.size(), model.size() - 1);
  }

  @Override
  public boolean isToken(int id) {
    return model.token(id) != null;
  }

  /** Returns one more than the last id; of some foreign tokenizers, not all ids are used. */
  @Override
  public int vocabularySize() {
    return model.size();
  }

  /**
   * Returns a token as files write it, a visible character per byte.
   *
   * @param id the id, in [0, {@link #vocabularySize()})
   * @return the token, such as {@code Ġthe} for " the"
   * @throws IllegalArgumentException if the id is out of range or unused
   */
  public String token(int id) {
    return token((long) id);
  }

  String token(long id) {
    return checked(id);
  }

  /**
   * Returns the id of a token.
   *
   * @param token the token as {@link #token(int)} gives it
   * @return the id, or empty if there is no such token
   */
  public OptionalInt id(String token) {
    Integer id = model.vocabulary().get(token);
    if (id != null) {
      return OptionalInt.of(id);
    }
    return added.entrySet().stream()
        .filter(entry -> entry.getValue().content().equals(token))
        .mapToInt(Map.Entry::getKey)
        .findFirst();
  }

  /**
   * Returns the tokens that are found in texts as they stand, special ones among them.
   *
   * @return added tokens by id, in the order of the ids
   */
  public Map<Integer, AddedToken> addedTokens() {
    return Collections.unmodifiableMap(added);
  }

  /**
   * Returns the number of merges.
   *
   * @return how many pairs merge
   */
  public int mergeCount() {
    return model.mergeCount();
  }

  @Override
  public String toJson() {
    return BpeTokenizerWriter.write(model, added, settings);
  }

  @Override
  public void save(Path path) throws IOException {
    TokenizerFile.write(path, toJson());
  }

  /**
   * Returns a Deep Java Library tokenizer that splits a text into tokens as {@link #token(int)}
   * gives them.
   *
   * @return the adapter
   */
  public Tokenizer asDjlTokenizer() {
    return new DjlBpeTokenizer(this);
  }

  /**
   * Returns a Deep Java Library vocabulary with the ids of this tokenizer. A string that is no
   * token is an {@link IllegalArgumentException}.
   *
   * @return the adapter
   */
  public Vocabulary asDjlVocabulary() {
    return new DjlBpeVocabulary(this);
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof BpeTokenizer that
        && settings.equals(that.settings)
        && added.equals(that.added)
        && model.equals(that.model);
  }

  @Override
  public int hashCode() {
    return 31 * model.hashCode() + settings.hashCode();
  }

  @Override
  public String toString() {
    return "BpeTokenizer[size=%d, merges=%d, added=%d]"
        .formatted(model.size(), model.mergeCount(), added.size());
  }
}
