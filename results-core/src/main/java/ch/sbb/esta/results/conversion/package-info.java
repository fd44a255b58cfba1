/** Rewrites stored runs of older versions of Tekton's API as runs of its version 1. */
@NullMarked
package ch.sbb.esta.results.conversion;

import org.jspecify.annotations.NullMarked;
