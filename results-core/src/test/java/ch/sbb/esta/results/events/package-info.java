@NullMarked
package ch.sbb.esta.results.events;

import org.jspecify.annotations.NullMarked;
