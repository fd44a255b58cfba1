@NullMarked
package ch.sbb.esta.results.samples.server;

import org.jspecify.annotations.NullMarked;
