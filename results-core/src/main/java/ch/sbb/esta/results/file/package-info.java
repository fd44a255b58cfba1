/** Backends on a directory of the local machine. */
@NullMarked
package ch.sbb.esta.results.file;

import org.jspecify.annotations.NullMarked;
