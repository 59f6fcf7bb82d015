/**
 * The run folder: durable files, checkpoints, metrics, locks. The only package that renames or
 * deletes. What a file says belongs to those who write it.
 *
 * <pre>
 * RUN/config.yaml                        what is trained
 * RUN/metrics.jsonl                      what was measured, one JSON object a line
 * RUN/lock                               locked by the writer, empty
 * RUN/checkpoints/step-00001000/         not changed once it has this name
 * RUN/checkpoints/step-00001000-2/       the run came to that step again
 * RUN/checkpoints/latest, best           the name of one of these folders
 * .NAME.UUID.part, also in checkpoints   being written or removed; the next writer removes what is left
 * </pre>
 */
package dev.pullback.train.store;
