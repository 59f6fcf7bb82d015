/** Training language models with DJL: what every package below shares, and nothing else. */
package dev.pullback.train;
