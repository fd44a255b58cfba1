/** A Kubernetes API server in the JVM, and the conformance tests that it shares with real clusters. */
@NullMarked
package ch.sbb.esta.results.testkit.kube;

import org.jspecify.annotations.NullMarked;
