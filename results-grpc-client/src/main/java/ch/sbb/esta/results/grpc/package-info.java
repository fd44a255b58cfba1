/**
 * A Tekton Results API server as a store: {@link ch.sbb.esta.results.grpc.GrpcResultsStore} archives runs into it,
 * {@link ch.sbb.esta.results.grpc.GrpcResultsClient} speaks its protocol call by call. The messages and stubs of the protocol are
 * generated into the packages {@code v1alpha2} and {@code v1alpha3} below this one, from the protos in this jar's sources.
 */
@NullMarked
package ch.sbb.esta.results.grpc;

import org.jspecify.annotations.NullMarked;
