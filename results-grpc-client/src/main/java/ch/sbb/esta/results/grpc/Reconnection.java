package ch.sbb.esta.results.grpc;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.ConnectivityState;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;

/**
 * Connects at once where a call finds the server lost. gRPC by itself waits up to two minutes between two attempts, and the longer a
 * server was away, the longer after it is back its callers are told that it is not. Nobody connects more often than once a second, and not
 * without a call.
 */
final class Reconnection implements ClientInterceptor {

    static final long PAUSE_NANOS = TimeUnit.SECONDS.toNanos(1);

    private final ManagedChannel channel;
    private final LongSupplier nanoTime;
    private final AtomicLong last;

    Reconnection(ManagedChannel channel, LongSupplier nanoTime) {
        this.channel = channel;
        this.nanoTime = nanoTime;
        this.last = new AtomicLong(nanoTime.getAsLong() - PAUSE_NANOS);
    }

    @Override
    public <Q, A> ClientCall<Q, A> interceptCall(MethodDescriptor<Q, A> method, CallOptions options, Channel next) {
        if (channel.getState(false) == ConnectivityState.TRANSIENT_FAILURE && isTime()) {
            channel.resetConnectBackoff();
        }
        return next.newCall(method, options);
    }

    private boolean isTime() {
        long now = nanoTime.getAsLong();
        long before = last.get();
        return now - before >= PAUSE_NANOS && last.compareAndSet(before, now);
    }
}
