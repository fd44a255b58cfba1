/** The engines that keep the Kubernetes Events of runs, and their final pods. */
@NullMarked
package ch.sbb.esta.results.events;

import org.jspecify.annotations.NullMarked;
