package ch.sbb.esta.results.jdbi;

import static org.assertj.core.api.Assertions.assertThat;

import ch.sbb.esta.results.testkit.postgres.PostgresDatabase;
import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What a pooler in transaction mode does to its clients, at its worst: behind each client's connection stand two of the server, and every
 * transaction runs on the other one than the transaction before. It speaks the protocol of Postgres as far as the driver needs it without
 * encryption and without a password.
 */
final class TransactionPooler implements AutoCloseable {

    private static final int STARTUP_REST = 4;

    private final ServerSocket listener;
    private final int serverPort;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final AtomicLong switches = new AtomicLong();
    private final AtomicLong namedStatements = new AtomicLong();

    TransactionPooler(int serverPort) {
        this.serverPort = serverPort;
        try {
            listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        start(this::accept);
    }

    /** The same database, through the pooler. */
    PostgresDatabase database(PostgresDatabase direct) {
        String url = direct.jdbcUrl().replaceFirst("//localhost:[0-9]+", "//127.0.0.1:" + listener.getLocalPort());
        return new PostgresDatabase(url, direct.user(), direct.password());
    }

    void assertThatTransactionsMoved() {
        assertThat(switches).as("turns of the other connection").hasValueGreaterThan(100);
        assertThat(namedStatements).as("statements that belong to one session").hasValue(0);
    }

    private static void start(Runnable work) {
        Thread thread = new Thread(work, "transaction-pooler");
        thread.setDaemon(true);
        thread.start();
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket client = listener.accept();
                start(() -> serve(client));
            } catch (IOException e) {
                // Closed: that is the end.
                return;
            }
        }
    }

    private void serve(Socket client) {
        try (client;
                Socket one = new Socket("localhost", serverPort);
                Socket other = new Socket("localhost", serverPort)) {
            sockets.addAll(Set.of(client, one, other));
            new Session(new Peer(client), new Peer(one), new Peer(other)).run();
        } catch (IOException e) {
            // One side is gone, so is the session.
        }
    }

    @Override
    public void close() {
        try {
            listener.close();
            for (Socket socket : sockets) {
                socket.close();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static final class Peer {
        private final DataInputStream in;
        private final DataOutputStream out;

        Peer(Socket socket) throws IOException {
            socket.setTcpNoDelay(true);
            in = new DataInputStream(new BufferedInputStream(socket.getInputStream(), 1 << 16));
            out = new DataOutputStream(new BufferedOutputStream(socket.getOutputStream(), 1 << 16));
        }

        Message read() throws IOException {
            int type = in.readUnsignedByte();
            byte[] body = new byte[in.readInt() - Integer.BYTES];
            in.readFully(body);
            return new Message(type, body);
        }

        void write(Message message) throws IOException {
            out.write(message.type);
            out.writeInt(message.body.length + Integer.BYTES);
            out.write(message.body);
        }

        void writeStartup(byte[] startup) throws IOException {
            out.writeInt(startup.length + STARTUP_REST);
            out.write(startup);
            out.flush();
        }
    }

    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Message(int type, byte[] body) {}

    private final class Session {

        private final Peer client;
        private Peer current;
        private Peer next;

        Session(Peer client, Peer current, Peer next) {
            this.client = client;
            this.current = current;
            this.next = next;
        }

        void run() throws IOException {
            byte[] startup = new byte[client.in.readInt() - STARTUP_REST];
            client.in.readFully(startup);
            next.writeStartup(startup);
            while (next.read().type != 'Z') {}
            current.writeStartup(startup);
            answer();
            while (true) {
                Message request = client.read();
                if (request.type == 'X') {
                    return;
                }
                if (request.type == 'P' && request.body[0] != 0) {
                    namedStatements.incrementAndGet();
                }
                current.write(request);
                if (request.type == 'Q' || request.type == 'S') {
                    current.out.flush();
                    answer();
                }
            }
        }

        /** Hands over what the server says until it waits for the next request; outside of a transaction it is the other one's turn then. */
        private void answer() throws IOException {
            Message message;
            do {
                message = current.read();
                client.write(message);
            } while (message.type != 'Z' && !isFatal(message));
            client.out.flush();
            if (message.type == 'Z' && message.body[0] == 'I') {
                Peer used = current;
                current = next;
                next = used;
                switches.incrementAndGet();
            }
        }

        private boolean isFatal(Message message) {
            return message.type == 'E'
                    && new String(message.body, java.nio.charset.StandardCharsets.UTF_8).startsWith("SFATAL");
        }
    }
}
