/**
 * The engines. Only this package may name an engine's classes; everything else asks {@link
 * dev.pullback.engine.EngineSupport}. Algorithms and models do not belong here.
 */
package dev.pullback.engine;
