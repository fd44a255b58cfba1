/** Lets runs expire by policies: rows and logs together, restartable at any point. */
@NullMarked
package ch.sbb.esta.results.retention;

import org.jspecify.annotations.NullMarked;
