/** The programs that the documents quote, and the test that compares. */
@NullMarked
package ch.sbb.esta.results.docs;

import org.jspecify.annotations.NullMarked;
