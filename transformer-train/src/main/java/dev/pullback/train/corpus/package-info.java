/**
 * Corpora: texts from files, folders, archives and Maven repositories, turned once into files of
 * tokens that training maps into memory.
 *
 * <p>Preparation is divided into units of work that each leave their own files, so that a process
 * that was killed goes on where it was. What it writes depends on sources and settings only, not on
 * the number of threads. Names in a corpus folder are given and removed by {@link
 * dev.pullback.train.store}.
 */
package dev.pullback.train.corpus;
