@NullMarked
package ch.sbb.esta.results.archive;

import org.jspecify.annotations.NullMarked;
