/** The main job in one process: a cluster, a database and an object store, embedded or real, and the archive between them. */
@NullMarked
package ch.sbb.esta.results.samples.standalone;

import org.jspecify.annotations.NullMarked;
