/** Trials on Apache Spark. The only package that names it. */
package dev.pullback.cluster;
