/** Text from a trained model. Loading models and printing belong elsewhere. */
package dev.pullback.train.generate;
