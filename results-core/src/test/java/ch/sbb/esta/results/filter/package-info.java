@NullMarked
package ch.sbb.esta.results.filter;

import org.jspecify.annotations.NullMarked;
