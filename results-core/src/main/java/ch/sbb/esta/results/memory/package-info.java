/** Implementations of the roles in memory: for tests, for trying things out, and as the reference of what the roles mean. */
@NullMarked
package ch.sbb.esta.results.memory;

import org.jspecify.annotations.NullMarked;
