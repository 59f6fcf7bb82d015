/**
 * Tokenizers of characters and of byte pairs: text to integer ids and back, training, their files,
 * and adapters to the tokenizer and vocabulary interfaces of Deep Java Library.
 *
 * <p>What may not live here: anything that needs an engine or an {@code NDArray}, batching, corpora
 * beyond lines of files, and models. Public tokenizers keep no mutable state that can be seen.
 */
package dev.pullback.tokenizer;
