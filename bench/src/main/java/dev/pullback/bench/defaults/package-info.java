/**
 * Six programs as users of DJL write them, trained with nothing tuned. Nothing here measures time.
 */
package dev.pullback.bench.defaults;
