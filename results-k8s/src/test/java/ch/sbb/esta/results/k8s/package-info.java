@NullMarked
package ch.sbb.esta.results.k8s;

import org.jspecify.annotations.NullMarked;
