/** What the driver of Postgres must be able to instantiate by name; not for anybody else, and it may change at any time. */
@NullMarked
package ch.sbb.esta.results.jdbi.internal;

import org.jspecify.annotations.NullMarked;
