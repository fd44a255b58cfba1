@NullMarked
package ch.sbb.esta.results.conversion;

import org.jspecify.annotations.NullMarked;
