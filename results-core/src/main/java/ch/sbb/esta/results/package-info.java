/** Values of Tekton Results: names, runs, results, records, and the one exception. */
@NullMarked
package ch.sbb.esta.results;

import org.jspecify.annotations.NullMarked;
