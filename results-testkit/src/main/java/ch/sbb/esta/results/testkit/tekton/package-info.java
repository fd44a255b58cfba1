/** A Tekton that drives runs and pods through their states on the kit's Kubernetes API server, and remembers what it emitted. */
@NullMarked
package ch.sbb.esta.results.testkit.tekton;

import org.jspecify.annotations.NullMarked;
