/**
 * JMH benchmarks, each beside its peers in the same process. Nothing here is needed to use the
 * library.
 */
package dev.pullback.bench;
