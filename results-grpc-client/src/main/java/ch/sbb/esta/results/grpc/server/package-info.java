/**
 * The other direction: whatever keeps Results, figures and logs here, as a server of the protocol of Tekton Results, for its command
 * line, for clients in other languages and for gateways. {@link ch.sbb.esta.results.grpc.server.ResultsServices} are the services,
 * {@link ch.sbb.esta.results.grpc.server.GrpcResultsServer} is a socket around them.
 */
@NullMarked
package ch.sbb.esta.results.grpc.server;

import org.jspecify.annotations.NullMarked;
