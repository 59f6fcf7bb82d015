/**
 * The processes that train one model: where they run, and what happens when one is lost. What they
 * tell each other belongs to the loop.
 */
package dev.pullback.train.ranks;
