@NullMarked
package ch.sbb.esta.results.metrics;

import org.jspecify.annotations.NullMarked;
