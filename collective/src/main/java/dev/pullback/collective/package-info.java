/**
 * Gradients summed over processes by the collective of XGBoost (Rabit). The only package that names
 * it.
 */
package dev.pullback.collective;
