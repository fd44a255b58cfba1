/** Serves what was archived to clients of Tekton Results. */
@NullMarked
package ch.sbb.esta.results.samples.server;

import org.jspecify.annotations.NullMarked;
