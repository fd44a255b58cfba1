package ch.sbb.esta.results.testkit.fault;

import static java.util.Objects.requireNonNull;

import ch.sbb.esta.results.internal.Threads;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * A TCP proxy that does to connections what networks do: refuses, delays, swallows, slows down and cuts them. A test puts it between a client and a server
 * and sets faults while both run; a fault applies to open connections and to new ones until it is changed or {@link #heal()} is called.
 *
 * <p>Listens on a free port of 127.0.0.1, and keeps that port while it refuses. Two threads per connection, virtual ones where the JDK has them, else daemons.
 * Safe for many threads.
 */
public final class FaultProxy implements AutoCloseable {

    /** Which way bytes go. */
    public enum Direction {
        /** From the client to the server. */
        TO_SERVER,
        /** From the server to the client. */
        TO_CLIENT
    }

    private static final int BACKLOG = 128;

    private final Faults faults = new Faults();
    private final Set<ProxiedConnection> connections = ConcurrentHashMap.newKeySet();
    private final ThreadFactory threads = Threads.named("fault-proxy");
    private final AtomicLong accepted = new AtomicLong();
    private final int port;
    private volatile InetSocketAddress server;
    private @Nullable ServerSocket listener;
    private @Nullable Thread acceptor;
    private volatile boolean closed;

    private FaultProxy(InetSocketAddress server) {
        this.server = server;
        ServerSocket first = listen(0);
        this.port = first.getLocalPort();
        accept(first);
    }

    /**
     * Starts a proxy in front of a server. The server need not run yet.
     *
     * @param host the server's host
     * @param port the server's port
     * @return the proxy, listening and without faults
     * @throws UncheckedIOException if no port could be opened
     */
    public static FaultProxy to(String host, int port) {
        return new FaultProxy(InetSocketAddress.createUnresolved(requireNonNull(host, "host"), port));
    }

    /**
     * The port to connect to.
     *
     * @return a port of 127.0.0.1; the same for the proxy's whole life
     */
    public int port() {
        return port;
    }

    /**
     * Refuses new connections, as a host without a listener does. Open ones go on.
     *
     * @throws UncheckedIOException if the listening socket could not be closed
     */
    public synchronized void refuse() {
        ServerSocket open = listener;
        listener = null;
        if (open != null) {
            closeListener(open);
            awaitAcceptor();
        }
    }

    /** As long as a thread is inside of accept, the kernel goes on to take connections. */
    private void awaitAcceptor() {
        Thread thread = acceptor;
        if (thread != null) {
            try {
                thread.join(TimeUnit.SECONDS.toMillis(10));
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    /**
     * Accepts connections again, on the same port.
     *
     * @throws UncheckedIOException if another program has taken the port meanwhile
     * @throws IllegalStateException if the proxy is closed
     */
    public synchronized void accept() {
        if (closed) {
            throw new IllegalStateException("the proxy on port " + port + " is closed: start a new one");
        }
        if (listener == null) {
            accept(listen(port));
        }
    }

    /**
     * Leads new connections to another server, as behind a name whose server was replaced. Open ones go on.
     *
     * @param host the other server's host
     * @param port the other server's port
     */
    public void redirectTo(String host, int port) {
        server = InetSocketAddress.createUnresolved(requireNonNull(host, "host"), port);
    }

    /**
     * Holds back every piece of data, in both directions.
     *
     * @param delay how long, for each piece of at most 64 KiB; zero for no delay
     */
    public void delay(Duration delay) {
        if (requireNonNull(delay, "delay").isNegative()) {
            throw new IllegalArgumentException("the delay must not be negative, was " + delay);
        }
        faults.change(() -> faults.delay = delay);
    }

    /**
     * Slows every connection down, each direction for itself.
     *
     * @param bytesPerSecond at least 1; {@code Long.MAX_VALUE} for full speed
     */
    public void throttle(long bytesPerSecond) {
        if (bytesPerSecond < 1) {
            throw new IllegalArgumentException("bytesPerSecond must be at least 1, was " + bytesPerSecond);
        }
        faults.change(() -> faults.bytesPerSecond = bytesPerSecond);
    }

    /** Swallows: connections are accepted and stay open, but nothing is forwarded until {@link #heal()}, as behind a dead router. */
    public void blackHole() {
        faults.change(() -> faults.blackHole = true);
    }

    /** Resets every open connection now. New ones are accepted as before. */
    public void cut() {
        // Those of now: who is reset may be back before the last one is.
        List.copyOf(connections).forEach(ProxiedConnection::reset);
    }

    /**
     * Resets each connection once it has carried so many bytes since it was opened; not one more is delivered.
     *
     * @param direction which bytes count
     * @param bytes how many, at least 0
     */
    public void cutAfter(Direction direction, long bytes) {
        requireNonNull(direction, "direction");
        if (bytes < 0) {
            throw new IllegalArgumentException("bytes must not be negative, was " + bytes);
        }
        faults.change(() -> faults.cutAfter.put(direction, bytes));
    }

    /**
     * Ends all faults. What was swallowed is delivered, as after a partition.
     *
     * @throws UncheckedIOException if connections were refused and the port has been taken meanwhile
     */
    public void heal() {
        faults.change(faults::clear);
        accept();
    }

    /**
     * How many connections were accepted since the start.
     *
     * @return the count
     */
    public long acceptedConnections() {
        return accepted.get();
    }

    /**
     * How many connections are open now.
     *
     * @return the count
     */
    public int openConnections() {
        return connections.size();
    }

    /**
     * How many bytes were delivered since the start, over all connections.
     *
     * @param direction which bytes
     * @return the count
     */
    public long bytes(Direction direction) {
        return faults.delivered(requireNonNull(direction, "direction")).get();
    }

    /** Stops listening and resets every connection. */
    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            refuse();
        }
        faults.change(() -> faults.closed = true);
        cut();
    }

    private static ServerSocket listen(int port) {
        try {
            ServerSocket socket = new ServerSocket();
            socket.setReuseAddress(true);
            socket.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), BACKLOG);
            return socket;
        } catch (IOException e) {
            throw new UncheckedIOException("the fault proxy cannot listen on port " + port + " of 127.0.0.1", e);
        }
    }

    private synchronized void accept(ServerSocket socket) {
        listener = socket;
        Thread thread = threads.newThread(() -> {
            while (!socket.isClosed()) {
                acceptOne(socket);
            }
        });
        acceptor = thread;
        thread.start();
    }

    private void acceptOne(ServerSocket socket) {
        try {
            Socket client = socket.accept();
            accepted.incrementAndGet();
            ProxiedConnection connection = new ProxiedConnection(client, faults, connections::remove);
            connections.add(connection);
            connection.start(server, threads);
            if (closed) {
                connection.reset();
            }
        } catch (IOException e) {
            // The listening socket was closed: connections are refused from now on.
            closeListener(socket);
        }
    }

    private static void closeListener(ServerSocket socket) {
        try {
            socket.close();
        } catch (IOException e) {
            throw new UncheckedIOException("the fault proxy could not stop listening", e);
        }
    }
}
