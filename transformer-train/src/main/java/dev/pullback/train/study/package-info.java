/**
 * The experiments of arXiv 2509.03594, the questions it leaves open, and studies: which trials
 * there are, how one is run and resumed, and what is kept of it. Pictures and tables belong to the
 * report.
 */
package dev.pullback.train.study;
