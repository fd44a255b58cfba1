/** Numbers for Micrometer, which is optional: nothing else of this library needs it. */
@NullMarked
package ch.sbb.esta.results.metrics;

import org.jspecify.annotations.NullMarked;
