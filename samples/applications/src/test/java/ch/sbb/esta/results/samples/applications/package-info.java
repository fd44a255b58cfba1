@NullMarked
package ch.sbb.esta.results.samples.applications;

import org.jspecify.annotations.NullMarked;
