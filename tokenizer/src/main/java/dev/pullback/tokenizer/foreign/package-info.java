/**
 * Tokenizers of other libraries behind {@link dev.pullback.tokenizer.TextTokenizer}. The libraries
 * are optional dependencies: who uses a class of this package adds the one it names.
 *
 * <p>What may not live here: anything the rest of the module needs.
 */
package dev.pullback.tokenizer.foreign;
