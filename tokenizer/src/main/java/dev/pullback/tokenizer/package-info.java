/**
 * Tokenizers: text to integer ids and back, their JSON files, and adapters to the tokenizer and
 * vocabulary interfaces of Deep Java Library.
 *
 * <p>What may not live here: anything that needs an engine or an {@code NDArray}, batching, reading
 * of training corpora, and models. Classes of this package keep no mutable state.
 */
package dev.pullback.tokenizer;
