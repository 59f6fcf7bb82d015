/** Pictures and pages of finished and running experiments, drawn from their metrics. */
package dev.pullback.train.report;
