/** Copies what one store keeps into another: {@link ch.sbb.esta.results.copy.RemoteCopy}. */
@NullMarked
package ch.sbb.esta.results.copy;

import org.jspecify.annotations.NullMarked;
