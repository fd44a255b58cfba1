/** Puts the parts together: what a controller embeds. */
@NullMarked
package ch.sbb.esta.results.embed;

import org.jspecify.annotations.NullMarked;
