/** Runs and container logs of a Kubernetes cluster, reached through a client of fabric8 that the embedder hands in. */
@NullMarked
package ch.sbb.esta.results.k8s;

import org.jspecify.annotations.NullMarked;
