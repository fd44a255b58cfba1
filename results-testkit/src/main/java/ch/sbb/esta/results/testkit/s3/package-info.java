/** An S3 server in the JVM. Whoever uses it adds {@code org.gaul:s3proxy} to the test class path: the kit only compiles against it. */
@NullMarked
package ch.sbb.esta.results.testkit.s3;

import org.jspecify.annotations.NullMarked;
