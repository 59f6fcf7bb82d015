/**
 * Folders of Hugging Face's libraries: read into runs, written from them. A family of models is a
 * {@link HubFormat}. And GGUF, written only. No training, no command line.
 */
package dev.pullback.train.huggingface;
