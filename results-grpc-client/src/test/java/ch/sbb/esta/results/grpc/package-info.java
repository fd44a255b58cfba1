@NullMarked
package ch.sbb.esta.results.grpc;

import org.jspecify.annotations.NullMarked;
