/** The roles in memory: for tests, for trying things out, and as the reference for what the contracts mean. */
@NullMarked
package ch.sbb.esta.results.memory;

import org.jspecify.annotations.NullMarked;
