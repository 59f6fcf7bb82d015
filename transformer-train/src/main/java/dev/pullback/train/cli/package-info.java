/** The command line: options, progress and messages. Work is done by the other packages. */
package dev.pullback.train.cli;
