package ch.sbb.esta.results.grpc.server;

import io.grpc.Context;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.function.Supplier;

/** What all calls have in common. */
final class Calls {

    private Calls() {}

    /** Answers a call that has one answer. */
    static <A> void answer(String call, StreamObserver<A> caller, Supplier<A> work) {
        ignoreCancelling(caller);
        A answer;
        try {
            requireWanted();
            answer = work.get();
        } catch (RuntimeException e) {
            caller.onError(CallFailures.of(e, call));
            return;
        }
        caller.onNext(answer);
        caller.onCompleted();
    }

    /** Without a handler an answer to nobody is an exception. */
    static void ignoreCancelling(StreamObserver<?> caller) {
        if (caller instanceof ServerCallStreamObserver<?> call) {
            call.setOnCancelHandler(() -> {});
        }
    }

    /** Ends work that nobody waits for any more: the caller hung up or its deadline has passed. */
    static void requireWanted() {
        if (Context.current().isCancelled()) {
            throw Status.CANCELLED
                    .withDescription("the caller does not wait any more")
                    .asRuntimeException();
        }
    }
}
