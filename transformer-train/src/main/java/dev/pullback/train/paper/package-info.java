/** What arXiv 2509.03594 published: figures and hyperparameters, as resources of the program. */
package dev.pullback.train.paper;
