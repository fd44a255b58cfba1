package ch.sbb.esta.results.samples.benchmarks;

import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.Pages;
import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.grpc.GrpcResultsStore;
import io.grpc.CallOptions;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.InsecureServerCredentials;
import io.grpc.ManagedChannel;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.ServerCalls;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/** Listing all records through our service on Postgres against grpc-java that streams the same bytes out of memory, one by one. */
final class GrpcList implements Benchmark {

    private static final int PAGE = 1_000;

    private final int rows;
    private final int rounds;

    GrpcList(int rows, int rounds) {
        this.rows = rows;
        this.rounds = rounds;
    }

    @Override
    public String name() {
        return "grpc-list";
    }

    @Override
    public String description() {
        return "records listed per second in pages of 1000 through our service on Postgres / plain grpc-java streaming the same bytes";
    }

    @Override
    public String run(PrintStream out) throws Exception {
        Times listing = new Times(rounds);
        Times streaming = new Times(rounds);
        try (ServedTables tables = ServedTables.open()) {
            Runs runs = Runs.load();
            for (int done = 0; done < rows; done += 500) {
                var unused = tables.direct().archive(runs.make(Math.min(500, rows - done)));
            }
            List<byte[]> messages = new ArrayList<>();
            try (Stream<Record> all = Pages.stream(query(), tables.direct()::listRecords)) {
                all.forEach(record -> messages.add(record.data()));
            }
            try (PlainStream plain = new PlainStream(messages)) {
                for (int i = 0; i <= rounds; i++) {
                    long listed = Times.of(() -> list(tables.remote()));
                    long streamed = Times.of(plain::read);
                    out.printf(
                            Locale.ROOT,
                            "%s listed %.0f rows/s, streamed %.0f rows/s%n",
                            i == 0 ? "warm-up:" : "round " + i + " of " + rounds + ":",
                            rows / (listed / 1e9),
                            rows / (streamed / 1e9));
                    if (i > 0) {
                        listing.add(listed);
                        streaming.add(streamed);
                    }
                }
            }
        }
        return String.format(
                Locale.ROOT,
                "ratio=%.3f listed=%.0f rows/s streamed=%.0f rows/s page=%d rows=%d",
                streaming.median() / listing.median(),
                rows / listing.median(),
                rows / streaming.median(),
                PAGE,
                rows);
    }

    private static ListQuery query() {
        return ListQuery.of("-/results/-").pageSize(PAGE);
    }

    private void list(GrpcResultsStore store) {
        try (Stream<Record> all = Pages.stream(query(), store::listRecords)) {
            requireAll(all.count());
        }
    }

    private void requireAll(long count) {
        if (count != rows) {
            throw new IllegalStateException(count + " rows came instead of " + rows);
        }
    }

    /** A method without protobuf that sends the same bytes. */
    private final class PlainStream implements AutoCloseable {

        private final MethodDescriptor<byte[], byte[]> method = MethodDescriptor.<byte[], byte[]>newBuilder(
                        new Bytes(), new Bytes())
                .setType(MethodDescriptor.MethodType.SERVER_STREAMING)
                .setFullMethodName("benchmark.Plain/Read")
                .build();
        private final Server server;
        private final ManagedChannel channel;

        PlainStream(List<byte[]> messages) throws IOException {
            server = Grpc.newServerBuilderForPort(0, InsecureServerCredentials.create())
                    .addService(ServerServiceDefinition.builder("benchmark.Plain")
                            .addMethod(method, ServerCalls.asyncServerStreamingCall((request, caller) -> {
                                messages.forEach(caller::onNext);
                                caller.onCompleted();
                            }))
                            .build())
                    .build()
                    .start();
            channel = Grpc.newChannelBuilder("localhost:" + server.getPort(), InsecureChannelCredentials.create())
                    .maxInboundMessageSize(64 << 20)
                    .build();
        }

        void read() {
            Iterator<byte[]> answers =
                    ClientCalls.blockingServerStreamingCall(channel, method, CallOptions.DEFAULT, new byte[0]);
            long count = 0;
            while (answers.hasNext()) {
                byte[] unused = answers.next();
                count++;
            }
            requireAll(count);
        }

        @Override
        public void close() {
            channel.shutdownNow();
            server.shutdownNow();
        }
    }

    private static final class Bytes implements MethodDescriptor.Marshaller<byte[]> {

        @Override
        public InputStream stream(byte[] value) {
            return new ByteArrayInputStream(value);
        }

        @Override
        public byte[] parse(InputStream stream) {
            try {
                return stream.readAllBytes();
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
