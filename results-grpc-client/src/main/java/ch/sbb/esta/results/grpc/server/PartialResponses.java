package ch.sbb.esta.results.grpc.server;

import ch.sbb.esta.results.ResultsException;
import com.google.protobuf.Message;
import io.grpc.ForwardingServerCall.SimpleForwardingServerCall;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.Status;
import org.jspecify.annotations.Nullable;

/** Cuts the answers of calls down to what their header {@code fields} names. */
final class PartialResponses implements ServerInterceptor {

    private static final Metadata.Key<String> FIELDS = Metadata.Key.of("fields", Metadata.ASCII_STRING_MARSHALLER);

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        FieldMask mask;
        try {
            mask = mask(headers, call.getMethodDescriptor());
        } catch (ResultsException e) {
            call.close(Status.INVALID_ARGUMENT.withDescription(e.getMessage()), new Metadata());
            return new ServerCall.Listener<>() {};
        }
        return next.startCall(mask == null ? call : masked(call, mask), headers);
    }

    private static @Nullable FieldMask mask(Metadata headers, MethodDescriptor<?, ?> method) {
        Iterable<String> asked = headers.getAll(FIELDS);
        if (asked == null
                || method.getType() != MethodDescriptor.MethodType.UNARY
                || !(method.getResponseMarshaller() instanceof MethodDescriptor.PrototypeMarshaller<?> marshaller)
                || !(marshaller.getMessagePrototype() instanceof Message prototype)) {
            return null;
        }
        return FieldMask.parse(String.join(",", asked), prototype.getDescriptorForType());
    }

    private static <Q, A> ServerCall<Q, A> masked(ServerCall<Q, A> call, FieldMask mask) {
        return new SimpleForwardingServerCall<>(call) {
            @Override
            @SuppressWarnings("unchecked")
            public void sendMessage(A message) {
                super.sendMessage((A) mask.apply((Message) message));
            }
        };
    }
}
