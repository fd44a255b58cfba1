@NullMarked
package ch.sbb.esta.results.retention;

import org.jspecify.annotations.NullMarked;
