@NullMarked
package ch.sbb.esta.results.samples.benchmarks;

import org.jspecify.annotations.NullMarked;
