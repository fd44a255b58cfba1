/** The engines of logs: the collector follows containers while they run, and says of each log whether it is complete. */
@NullMarked
package ch.sbb.esta.results.logs;

import org.jspecify.annotations.NullMarked;
