/** The archive engine: takes what a watcher sees and brings it into the store, whatever fails on the way. */
@NullMarked
package ch.sbb.esta.results.archive;

import org.jspecify.annotations.NullMarked;
