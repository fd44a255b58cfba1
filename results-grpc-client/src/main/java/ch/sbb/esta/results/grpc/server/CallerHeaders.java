package ch.sbb.esta.results.grpc.server;

import ch.sbb.esta.results.Caller;
import ch.sbb.esta.results.Escaped;
import ch.sbb.esta.results.Impersonation;
import ch.sbb.esta.results.ResultsException;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Reads off a call's headers who makes it, and keeps that for the time of the call. */
final class CallerHeaders implements ServerInterceptor {

    private static final Context.Key<Caller> CALLER = Context.key("ch.sbb.esta.results.caller");
    private static final String SCHEME = "bearer ";
    private static final String EXTRA = "impersonate-extra-";
    private static final Metadata.Key<String> AUTHORIZATION = key("authorization");
    private static final Metadata.Key<String> USER = key("impersonate-user");
    private static final Metadata.Key<String> UID = key("impersonate-uid");
    private static final Metadata.Key<String> GROUP = key("impersonate-group");

    /** Who makes the call that this thread works on. */
    static Caller current() {
        return Objects.requireNonNullElse(CALLER.get(), Caller.ANONYMOUS);
    }

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        Caller caller;
        try {
            caller = read(headers);
        } catch (ResultsException e) {
            call.close(Status.INVALID_ARGUMENT.withDescription(e.getMessage()), new Metadata());
            return new ServerCall.Listener<>() {};
        }
        return Contexts.interceptCall(Context.current().withValue(CALLER, caller), call, headers, next);
    }

    private static Caller read(Metadata headers) {
        return new Caller(token(single(headers, AUTHORIZATION)), impersonation(headers));
    }

    private static @Nullable String token(@Nullable String authorization) {
        if (authorization == null || !authorization.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
            return null;
        }
        String token = authorization.substring(SCHEME.length()).strip();
        return token.isEmpty() ? null : token;
    }

    private static @Nullable Impersonation impersonation(Metadata headers) {
        String user = single(headers, USER);
        String uid = single(headers, UID);
        List<String> groups = all(headers, GROUP);
        Map<String, List<String>> extra = new TreeMap<>();
        for (String name : headers.keys()) {
            if (name.startsWith(EXTRA) && !name.endsWith(Metadata.BINARY_HEADER_SUFFIX)) {
                extra.put(name.substring(EXTRA.length()), all(headers, extraKey(name)));
            }
        }
        if (user == null && uid == null && groups.isEmpty() && extra.isEmpty()) {
            return null;
        }
        return new Impersonation(Objects.requireNonNullElse(user, ""), uid, groups, extra);
    }

    /** Percent signs, by which Kubernetes encodes other characters, are in no header that gRPC for Java can read. */
    private static Metadata.Key<String> extraKey(String header) {
        try {
            return key(header);
        } catch (IllegalArgumentException e) {
            throw new ResultsException(
                    ResultsException.Code.INVALID,
                    "the header " + Escaped.of(header) + " cannot be read: its name may hold a-z, 0-9, _, . and -",
                    e);
        }
    }

    private static @Nullable String single(Metadata headers, Metadata.Key<String> key) {
        List<String> values = all(headers, key);
        if (values.size() > 1) {
            throw ResultsException.invalid("the header " + key.originalName() + " occurs " + values.size() + " times");
        }
        return values.isEmpty() ? null : values.get(0);
    }

    private static List<String> all(Metadata headers, Metadata.Key<String> key) {
        List<String> values = new ArrayList<>();
        Iterable<String> found = headers.getAll(key);
        if (found != null) {
            found.forEach(values::add);
        }
        return values;
    }

    private static Metadata.Key<String> key(String name) {
        return Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER);
    }
}
