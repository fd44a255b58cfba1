/** Test kit for those who embed or implement ESTA Results: a clock set by hand, and the servers and faults of the sub-packages. */
@NullMarked
package ch.sbb.esta.results.testkit;

import org.jspecify.annotations.NullMarked;
