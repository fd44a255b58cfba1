package ch.sbb.esta.results.grpc;

import io.grpc.CallCredentials;
import io.grpc.Metadata;
import io.grpc.SecurityLevel;
import io.grpc.Status;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/** Puts a token on each call; says in every failure what to do, never what the token is. */
final class BearerToken extends CallCredentials {

    private static final Metadata.Key<String> AUTHORIZATION =
            Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);

    private final Supplier<String> tokens;
    private final boolean needsTls;
    private final String origin;

    /** The origin says in failures which token it is, for example "the supplied bearer token". */
    BearerToken(Supplier<String> tokens, boolean needsTls, String origin) {
        this.tokens = tokens;
        this.needsTls = needsTls;
        this.origin = origin;
    }

    String origin() {
        return origin;
    }

    @Override
    public void applyRequestMetadata(RequestInfo request, Executor executor, MetadataApplier applier) {
        if (needsTls && request.getSecurityLevel() != SecurityLevel.PRIVACY_AND_INTEGRITY) {
            applier.fail(
                    Status.UNAUTHENTICATED.withDescription("the connection is not encrypted, so the token was not sent:"
                            + " use TLS, or allow tokenOverPlaintext where something else encrypts"));
            return;
        }
        // The supplier may block, and this method is called on a thread of the transport.
        executor.execute(() -> apply(applier));
    }

    private void apply(MetadataApplier applier) {
        Metadata headers = new Metadata();
        try {
            String token = tokens.get().strip();
            if (!isHeaderValue(token)) {
                applier.fail(Status.UNAUTHENTICATED.withDescription("the supplier of the bearer token gave "
                        + (token.isEmpty()
                                ? "an empty text"
                                : "no token:" + " it has characters that a header cannot carry")));
                return;
            }
            headers.put(AUTHORIZATION, "Bearer " + token);
        } catch (RuntimeException e) {
            applier.fail(Status.UNAUTHENTICATED
                    .withDescription("the supplier of the bearer token failed")
                    .withCause(e));
            return;
        }
        applier.apply(headers);
    }

    private static boolean isHeaderValue(String token) {
        return !token.isEmpty() && token.chars().allMatch(c -> c > 0x20 && c < 0x7f);
    }
}
