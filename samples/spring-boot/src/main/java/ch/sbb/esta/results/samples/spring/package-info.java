/** An application of Spring Boot that embeds the archive. */
@NullMarked
package ch.sbb.esta.results.samples.spring;

import org.jspecify.annotations.NullMarked;
