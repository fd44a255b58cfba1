/** Deletes runs from the cluster once nothing of them can be lost, and holds them there until then. */
@NullMarked
package ch.sbb.esta.results.prune;

import org.jspecify.annotations.NullMarked;
