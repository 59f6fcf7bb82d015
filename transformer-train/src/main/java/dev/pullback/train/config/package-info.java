/**
 * Everything a person may say about a run: options and presets, layered, checked, and turned into
 * the parts of a run. Nothing here trains, and nothing but presets and option files is read.
 */
package dev.pullback.train.config;
