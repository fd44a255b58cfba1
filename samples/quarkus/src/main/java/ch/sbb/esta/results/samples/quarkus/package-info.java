/** An application of Quarkus that embeds the archive. */
@NullMarked
package ch.sbb.esta.results.samples.quarkus;

import org.jspecify.annotations.NullMarked;
