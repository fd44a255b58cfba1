/** Measurements, each as a ratio to a limit or to a peer of the same run. */
@NullMarked
package ch.sbb.esta.results.samples.benchmarks;

import org.jspecify.annotations.NullMarked;
