/** The training loop. The only package that calls backward. */
package dev.pullback.train.loop;
