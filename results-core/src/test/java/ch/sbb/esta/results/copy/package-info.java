@NullMarked
package ch.sbb.esta.results.copy;

import org.jspecify.annotations.NullMarked;
