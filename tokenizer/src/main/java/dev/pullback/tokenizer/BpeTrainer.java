package dev.pullback.tokenizer;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/**
 * Trains byte-level byte-pair tokenizers with the merges that Hugging Face's {@code BpeTrainer}
 * chooses (tokenizers 0.23, {@code models/bpe/trainer.rs}): highest count first, then the smaller
 * pair of ids. Ids are those of the special tokens, then of the 256 bytes, then of the merges. The
 * number of threads does not change the result.
 *
 * <p>Words are counted in parallel; memory grows with the distinct words, not with the corpus.
 */
public final class BpeTrainer {

  private final Builder settings;

  private BpeTrainer(Builder settings) {
    this.settings = settings;
  }

  /**
   * Returns a builder.
   *
   * @return the builder
   */
  public static Builder builder() {
    return new Builder();
  }

  /**
   * Trains on files, each line with its ending as a text of its own, as Hugging Face reads files.
   * Lines end with a line feed.
   *
   * @param files the files, in UTF-8
   * @return the tokenizer
   * @throws IOException if a file cannot be read or is not UTF-8
   * @throws IllegalArgumentException if the files are empty
   */
  public BpeTokenizer trainOnFiles(List<Path> files) throws IOException {
    try (LineFeed feed = new LineFeed(files, settings.malformedUtf8)) {
      return train(feed);
    }
  }

  /**
   * Trains on texts, each as a whole. Special tokens in them are text like any other.
   *
   * @param texts the texts, taken one by one
   * @return the tokenizer
   * @throws IllegalArgumentException if all texts are empty, or one has an unpaired surrogate
   */
  public BpeTokenizer trainOnTexts(Iterator<? extends CharSequence> texts) {
    try {
      return train(
          stage -> {
            CharSequence text;
            synchronized (texts) {
              if (!texts.hasNext()) {
                return false;
              }
              text = texts.next();
            }
            BpeEncoder parts = new BpeEncoder(stage);
            parts.write(text);
            parts.end();
            return true;
          });
    } catch (IOException e) {
      throw new UncheckedIOException(e); // texts come without reading
    }
  }

  /**
   * Trains on one text that arrives in parts, in memory that does not grow with the text. Wherever
   * the parts are cut, the merges are those of the whole text. One thread counts.
   *
   * @param text gives the parts to whom it is given
   * @return the tokenizer
   * @throws IllegalArgumentException if the text is empty, or has an unpaired surrogate
   */
  public BpeTokenizer trainOnParts(Consumer<Consumer<CharSequence>> text) {
    WordCounter counter = new WordCounter();
    BpeEncoder parts = new BpeEncoder(newStage(counter));
    text.accept(parts::write);
    parts.end();
    return merge(counter);
  }

  private TextStage newStage(WordCounter counter) {
    return new PieceStage(settings.format.newSplitter(), settings.format.addPrefixSpace(), counter);
  }

  private BpeTokenizer train(CorpusFeed feed) throws IOException {
    return merge(count(feed));
  }

  private BpeTokenizer merge(WordCounter words) {
    if (words.words().size() == 0) {
      throw new IllegalArgumentException("the corpus is empty: there is nothing to train on");
    }
    List<String> special = settings.specialTokens.stream().map(AddedToken::content).toList();
    MergeTrainer trainer = new MergeTrainer(words, special, settings.maxTokenLength);
    long[] pairs = trainer.train(settings.vocabularySize, settings.minFrequency);
    Map<String, Integer> vocabulary = trainer.vocabulary();
    Map<Integer, AddedToken> added = new TreeMap<>();
    Map<Integer, String> contents = new TreeMap<>();
    for (AddedToken token : settings.specialTokens) {
      added.put(vocabulary.get(token.content()), token);
      contents.put(vocabulary.get(token.content()), token.content());
    }
    int[] ranks = new int[pairs.length];
    for (int i = 0; i < ranks.length; i++) {
      ranks[i] = i;
    }
    return new BpeTokenizer(
        new BpeModel(vocabulary, contents, pairs, ranks, false), added, settings.format);
  }

  private WordCounter count(CorpusFeed feed) throws IOException {
    AtomicBoolean failed = new AtomicBoolean();
    ExecutorService pool = Executors.newFixedThreadPool(settings.threads);
    try {
      List<Future<WordCounter>> futures = new ArrayList<>();
      for (int i = 0; i < settings.threads; i++) {
        futures.add(pool.submit(() -> count(feed, failed)));
      }
      WordCounter all = futures.get(0).get();
      for (Future<WordCounter> future : futures.subList(1, futures.size())) {
        all.add(future.get());
      }
      return all;
    } catch (ExecutionException e) {
      Throwable cause = e.getCause();
      if (cause instanceof IOException failure) {
        throw failure;
      }
      if (cause instanceof RuntimeException failure) {
        throw failure;
      }
      throw new IllegalStateException("counting words failed: " + cause, cause);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while counting words", e);
    } finally {
      failed.set(true);
      pool.shutdownNow();
    }
  }

  private WordCounter count(CorpusFeed feed, AtomicBoolean failed) throws IOException {
    WordCounter counter = new WordCounter();
    TextStage stage = newStage(counter);
    boolean done = false;
    try {
      while (!failed.get() && feed.next(stage)) {
        // The feed has given a part.
      }
      done = true;
      return counter;
    } finally {
      if (!done) {
        failed.set(true);
      }
    }
  }

  /** Builds a trainer. */
  public static final class Builder {

    private int vocabularySize;
    private long minFrequency;
    private long maxTokenLength = Long.MAX_VALUE;
    private List<AddedToken> specialTokens = List.of();
    private SplitPattern pattern = SplitPattern.GPT2;
    private boolean addPrefixSpace;
    private int threads = Runtime.getRuntime().availableProcessors();
    private MalformedUtf8 malformedUtf8 = MalformedUtf8.REFUSE;
    private BpeSettings format;

    private Builder() {}

    /**
     * Sets how many tokens there are to be. There are fewer if no pair is left, or frequent enough.
     *
     * @param size the size, at least 256 and the number of special tokens
     * @return this
     */
    public Builder setVocabularySize(int size) {
      vocabularySize = size;
      return this;
    }

    /**
     * Sets how often a pair must occur to be merged. Default 0, which is the same as 1.
     *
     * @param frequency the count, not negative
     * @return this
     */
    public Builder optMinFrequency(long frequency) {
      minFrequency = frequency;
      return this;
    }

    /**
     * Limits tokens as Hugging Face's {@code max_token_length} does: a merged token has <em>fewer
     * than</em> that many bytes; two bytes always may merge. Default: no limit.
     *
     * @param length the limit, at least 1
     * @return this
     */
    public Builder optMaxTokenLength(long length) {
      maxTokenLength = length;
      return this;
    }

    /**
     * Sets the special tokens, which get the first ids. Default none.
     *
     * @param tokens the tokens, in the order of their ids, without duplicates
     * @return this
     */
    public Builder optSpecialTokens(List<AddedToken> tokens) {
      specialTokens = List.copyOf(tokens);
      return this;
    }

    /**
     * Sets special tokens that are found wherever they stand.
     *
     * @param tokens the tokens, in the order of their ids, without duplicates
     * @return this
     */
    public Builder optSpecialTokens(String... tokens) {
      return optSpecialTokens(List.of(tokens).stream().map(AddedToken::special).toList());
    }

    /**
     * Sets the pattern that splits texts. Default {@link SplitPattern#GPT2}.
     *
     * @param splitPattern the pattern
     * @return this
     */
    public Builder optPattern(SplitPattern splitPattern) {
      pattern = splitPattern;
      return this;
    }

    /**
     * Sets whether a space is put before each text that does not begin with one. Default false.
     *
     * @param add whether it is
     * @return this
     */
    public Builder optAddPrefixSpace(boolean add) {
      addPrefixSpace = add;
      return this;
    }

    /**
     * Sets how many threads count words. Default: all processors.
     *
     * @param count the number, at least 1
     * @return this
     */
    public Builder optThreads(int count) {
      threads = count;
      return this;
    }

    /**
     * Sets what is done about bytes of files that are not UTF-8. Default {@link
     * MalformedUtf8#REFUSE}.
     *
     * @param policy what is done
     * @return this
     */
    public Builder optMalformedUtf8(MalformedUtf8 policy) {
      malformedUtf8 = policy;
      return this;
    }

    /**
     * Builds the trainer. The builder is not to be used any more.
     *
     * @return the trainer
     * @throws IllegalArgumentException if a value is out of its range
     */
    public BpeTrainer build() {
      Map<String, AddedToken> distinct = new LinkedHashMap<>();
      for (AddedToken token : specialTokens) {
        if (distinct.put(token.content(), token) != null) {
          throw new IllegalArgumentException(
              "special token %s is given twice".formatted(TokenizerFile.quoted(token.content())));
        }
      }
      check("the vocabulary size", vocabularySize, 256L + specialTokens.size());
      check("the least frequency", minFrequency, 0);
      check("the longest token", maxTokenLength, 1);
      check("the number of threads", threads, 1);
      format = BpeSettings.of(pattern, addPrefixSpace);
      return new BpeTrainer(this);
    }

    private static void check(String what, long value, long least) {
      if (value < least) {
        throw new IllegalArgumentException(
            "%s is %d, at least %d is needed".formatted(what, value, least));
      }
    }
  }
}
