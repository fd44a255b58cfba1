/**
 * The store on Postgres, in the tables of Tekton Results: {@link ch.sbb.esta.results.jdbi.Migrations} makes the tables,
 * {@link ch.sbb.esta.results.jdbi.JdbiResultsStore} reads and writes them.
 */
@NullMarked
package ch.sbb.esta.results.jdbi;

import org.jspecify.annotations.NullMarked;
