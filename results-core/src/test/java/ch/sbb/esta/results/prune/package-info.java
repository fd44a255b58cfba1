@NullMarked
package ch.sbb.esta.results.prune;

import org.jspecify.annotations.NullMarked;
