@NullMarked
package ch.sbb.esta.results;

import org.jspecify.annotations.NullMarked;
