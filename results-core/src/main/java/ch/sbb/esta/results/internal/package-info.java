/** Shared by our modules; not for users, may change at any time. */
@NullMarked
package ch.sbb.esta.results.internal;

import org.jspecify.annotations.NullMarked;
