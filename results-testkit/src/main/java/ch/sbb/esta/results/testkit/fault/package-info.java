/** Faults for tests: what networks do to connections. */
@NullMarked
package ch.sbb.esta.results.testkit.fault;

import org.jspecify.annotations.NullMarked;
