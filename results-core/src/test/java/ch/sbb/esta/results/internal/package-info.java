@NullMarked
package ch.sbb.esta.results.internal;

import org.jspecify.annotations.NullMarked;
