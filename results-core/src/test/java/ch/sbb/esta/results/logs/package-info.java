@NullMarked
package ch.sbb.esta.results.logs;

import org.jspecify.annotations.NullMarked;
