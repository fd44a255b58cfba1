@NullMarked
package ch.sbb.esta.results.grpc.server;

import org.jspecify.annotations.NullMarked;
