/**
 * Templates of Jinja that write conversations down as the makers of a model meant them, with
 * Python's semantics and as much of the language as such templates need. (Jinjava 2.8.4, which has
 * the whole language, silently means something else by parts of it: the text {@code false} is false
 * to it, loops with an {@code if} are empty, {@code and} and {@code or} give no operands, unknown
 * filters give nothing.) No models and no terminal.
 */
package dev.pullback.train.chat;
