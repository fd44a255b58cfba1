@NullMarked
package ch.sbb.esta.results.embed;

import org.jspecify.annotations.NullMarked;
