@NullMarked
package ch.sbb.esta.results.testkit.tekton;

import org.jspecify.annotations.NullMarked;
