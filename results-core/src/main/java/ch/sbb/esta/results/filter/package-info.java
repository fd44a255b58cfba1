/** The filter language of list calls: its text, checked, as a tree that stores evaluate or translate. */
@NullMarked
package ch.sbb.esta.results.filter;

import org.jspecify.annotations.NullMarked;
