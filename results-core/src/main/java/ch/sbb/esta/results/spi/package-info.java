/** The roles: what a store, a cluster or a log backend implements to take part. No type of a driver appears in a signature. */
@NullMarked
package ch.sbb.esta.results.spi;

import org.jspecify.annotations.NullMarked;
