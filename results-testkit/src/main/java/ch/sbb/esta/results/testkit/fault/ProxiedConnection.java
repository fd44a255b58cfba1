package ch.sbb.esta.results.testkit.fault;

import ch.sbb.esta.results.testkit.fault.FaultProxy.Direction;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/** One connection through the proxy: a socket on either side and a pump for each direction. */
final class ProxiedConnection {

    private static final int BUFFER = 64 * 1024;

    private final Socket client;
    private final Socket server = new Socket();
    private final Faults faults;
    private final Consumer<ProxiedConnection> whenClosed;
    private final AtomicBoolean closed = new AtomicBoolean();
    private final AtomicInteger openDirections = new AtomicInteger(2);

    ProxiedConnection(Socket client, Faults faults, Consumer<ProxiedConnection> whenClosed) {
        this.client = client;
        this.faults = faults;
        this.whenClosed = whenClosed;
    }

    void start(InetSocketAddress address, ThreadFactory threads) {
        threads.newThread(() -> {
                    if (connect(address)) {
                        threads.newThread(() -> pump(server, client, Direction.TO_CLIENT))
                                .start();
                        pump(client, server, Direction.TO_SERVER);
                    }
                })
                .start();
    }

    private boolean connect(InetSocketAddress address) {
        try {
            faults.awaitOpen();
            client.setTcpNoDelay(true);
            server.setTcpNoDelay(true);
            server.connect(new InetSocketAddress(InetAddress.getByName(address.getHostString()), address.getPort()));
            return true;
        } catch (IOException e) {
            // Nobody behind the proxy: the client sees its connection reset.
            reset();
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            reset();
            return false;
        }
    }

    private void pump(Socket from, Socket to, Direction direction) {
        byte[] buffer = new byte[BUFFER];
        long carried = 0;
        try {
            InputStream in = from.getInputStream();
            OutputStream out = to.getOutputStream();
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                faults.awaitDelay();
                for (int done = 0; done < read; ) {
                    faults.awaitOpen();
                    int slice = faults.slice(read - done);
                    faults.awaitSpeed(slice);
                    int allowed = (int) Math.min(slice, faults.allowance(direction, carried));
                    out.write(buffer, done, allowed);
                    carried += allowed;
                    done += allowed;
                    faults.delivered(direction).addAndGet(allowed);
                    if (faults.allowance(direction, carried) == 0) {
                        reset();
                        return;
                    }
                }
            }
            // A half-closed connection stays open the other way.
            faults.awaitOpen();
            to.shutdownOutput();
            if (openDirections.decrementAndGet() == 0) {
                close(false);
            }
        } catch (IOException e) {
            // Either side is gone: so is the other, and reset is how it shows.
            reset();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            reset();
        }
    }

    void reset() {
        close(true);
    }

    private void close(boolean abruptly) {
        if (closed.compareAndSet(false, true)) {
            close(client, abruptly);
            close(server, abruptly);
            whenClosed.accept(this);
        }
    }

    private static void close(Socket socket, boolean abruptly) {
        try (socket) {
            if (abruptly && !socket.isClosed()) {
                // No lingering: the peer gets a reset instead of an end.
                socket.setSoLinger(true, 0);
            }
        } catch (IOException e) {
            // It was broken already, which is what was wanted.
        }
    }
}
