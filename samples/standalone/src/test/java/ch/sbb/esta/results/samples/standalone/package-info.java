@NullMarked
package ch.sbb.esta.results.samples.standalone;

import org.jspecify.annotations.NullMarked;
