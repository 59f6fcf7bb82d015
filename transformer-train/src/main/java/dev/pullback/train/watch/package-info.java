/**
 * A local page to watch runs and studies while they last. Reads their folders and changes nothing;
 * whatever clients do, training goes on.
 */
package dev.pullback.train.watch;
