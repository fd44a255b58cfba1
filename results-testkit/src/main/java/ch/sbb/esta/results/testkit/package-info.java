/** Contract classes, one for each role, and what their tests need. */
@NullMarked
package ch.sbb.esta.results.testkit;

import org.jspecify.annotations.NullMarked;
