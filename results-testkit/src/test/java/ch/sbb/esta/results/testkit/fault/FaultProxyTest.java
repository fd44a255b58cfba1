package ch.sbb.esta.results.testkit.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.awaitility.Durations.ONE_MINUTE;

import ch.sbb.esta.results.testkit.fault.FaultProxy.Direction;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class FaultProxyTest {

    /** Sends back whatever it gets, and ends when the client ends. */
    private static final class Echo implements AutoCloseable {

        private final ServerSocket listener;
        private final Thread acceptor;

        Echo() throws IOException {
            listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
            acceptor = daemon(() -> {
                while (!listener.isClosed()) {
                    Socket socket = listener.accept();
                    daemon(() -> {
                        try (socket) {
                            socket.getInputStream().transferTo(socket.getOutputStream());
                        }
                    });
                }
            });
        }

        int port() {
            return listener.getLocalPort();
        }

        /** Waits for the thread too: as long as it is inside of accept, the kernel goes on to take connections. */
        @Override
        public void close() throws IOException {
            listener.close();
            try {
                acceptor.join();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        }
    }

    private interface Task {
        void run() throws IOException;
    }

    private static Thread daemon(Task task) {
        Thread thread = new Thread(() -> {
            try {
                task.run();
            } catch (IOException e) {
                // The other side, or the test, has closed the socket.
                assertThat(e).isNotNull();
            }
        });
        thread.setDaemon(true);
        thread.start();
        return thread;
    }

    private final Echo echo = new Echo();
    private final FaultProxy proxy = FaultProxy.to("127.0.0.1", echo.port());

    FaultProxyTest() throws IOException {}

    @AfterEach
    void close() throws IOException {
        proxy.close();
        echo.close();
    }

    private Socket connect() throws IOException {
        Socket socket = new Socket(InetAddress.getLoopbackAddress(), proxy.port());
        socket.setSoTimeout(10_000);
        return socket;
    }

    private static void send(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
    }

    private static String receive(Socket socket, int length) throws IOException {
        byte[] bytes = new byte[length];
        new DataInputStream(socket.getInputStream()).readFully(bytes);
        return new String(bytes, StandardCharsets.US_ASCII);
    }

    @Test
    void withoutFaultsEveryByteArrivesAndIsCounted() throws IOException {
        byte[] data = new byte[1_000_000];
        new Random(1).nextBytes(data);
        try (Socket socket = connect()) {
            daemon(() -> {
                socket.getOutputStream().write(data);
                socket.shutdownOutput();
            });
            assertThat(socket.getInputStream().readAllBytes()).isEqualTo(data);
        }
        assertThat(proxy.acceptedConnections()).isEqualTo(1);
        assertThat(proxy.bytes(Direction.TO_SERVER)).isEqualTo(data.length);
        assertThat(proxy.bytes(Direction.TO_CLIENT)).isEqualTo(data.length);
        await().atMost(ONE_MINUTE)
                .untilAsserted(() -> assertThat(proxy.openConnections()).isZero());
    }

    @Test
    void refusedConnectionsFailAndOpenOnesGoOn() throws IOException {
        try (Socket before = connect()) {
            send(before, "a");
            assertThat(receive(before, 1)).isEqualTo("a");
            proxy.refuse();
            assertThatThrownBy(this::connect).isInstanceOf(ConnectException.class);
            send(before, "b");
            assertThat(receive(before, 1)).isEqualTo("b");
        }
        proxy.accept();
        try (Socket after = connect()) {
            send(after, "c");
            assertThat(receive(after, 1)).isEqualTo("c");
        }
    }

    @Test
    void aDelayHoldsDataBackBothWays() throws IOException {
        try (Socket socket = connect()) {
            send(socket, "a");
            receive(socket, 1);
            proxy.delay(Duration.ofMillis(150));
            long start = System.nanoTime();
            send(socket, "b");
            assertThat(receive(socket, 1)).isEqualTo("b");
            assertThat(Duration.ofNanos(System.nanoTime() - start))
                    .isBetween(Duration.ofMillis(300), Duration.ofSeconds(5));
        }
    }

    @Test
    void aCutResetsWhatIsOpenAndNothingElse() throws IOException {
        try (Socket socket = connect()) {
            send(socket, "a");
            receive(socket, 1);
            proxy.cut();
            assertThatThrownBy(() -> receive(socket, 1)).isInstanceOf(SocketException.class);
        }
        try (Socket socket = connect()) {
            send(socket, "b");
            assertThat(receive(socket, 1)).isEqualTo("b");
        }
    }

    @Test
    void aConnectionIsCutAfterSoManyBytesToTheClient() throws IOException {
        proxy.cutAfter(Direction.TO_CLIENT, 3);
        try (Socket socket = connect()) {
            send(socket, "abcdef");
            assertEndsAfter(socket, 3);
        }
        assertThat(proxy.bytes(Direction.TO_CLIENT)).isEqualTo(3);
        assertThat(proxy.bytes(Direction.TO_SERVER)).isEqualTo(6);
    }

    @Test
    void aConnectionIsCutAfterSoManyBytesToTheServer() throws IOException {
        proxy.cutAfter(Direction.TO_SERVER, 4);
        try (Socket socket = connect()) {
            send(socket, "abcdef");
            assertEndsAfter(socket, 4);
        }
        assertThat(proxy.bytes(Direction.TO_SERVER)).isEqualTo(4);
    }

    /** A reset may overtake bytes that wait in the client's buffer, so fewer may be read, but never more. */
    private static void assertEndsAfter(Socket socket, int most) {
        int[] read = {0};
        assertThatThrownBy(() -> {
                    while (true) {
                        receive(socket, 1);
                        read[0]++;
                    }
                })
                .isInstanceOfAny(SocketException.class, EOFException.class);
        assertThat(read[0]).isLessThanOrEqualTo(most);
    }

    @Test
    void aBlackHoleSwallowsUntilItIsHealed() throws IOException {
        try (Socket before = connect()) {
            send(before, "a");
            receive(before, 1);
            proxy.blackHole();
            try (Socket during = connect()) {
                for (Socket socket : new Socket[] {before, during}) {
                    send(socket, "b");
                    socket.setSoTimeout(100);
                    assertThatThrownBy(() -> receive(socket, 1)).isInstanceOf(SocketTimeoutException.class);
                    socket.setSoTimeout(10_000);
                }
                proxy.heal();
                assertThat(receive(before, 1)).isEqualTo("b");
                assertThat(receive(during, 1)).isEqualTo("b");
            }
        }
    }

    @Test
    void aThrottledConnectionTrickles() throws IOException {
        proxy.throttle(10_000);
        try (Socket socket = connect()) {
            long start = System.nanoTime();
            send(socket, "x".repeat(3_000));
            receive(socket, 3_000);
            // Both directions run at the same time, so once through at the least.
            assertThat(Duration.ofNanos(System.nanoTime() - start))
                    .isBetween(Duration.ofMillis(290), Duration.ofSeconds(5));
        }
    }

    @Test
    void aMissingServerLooksLikeAReset() throws IOException {
        echo.close();
        try (Socket socket = connect()) {
            assertThatThrownBy(() -> receive(socket, 1)).isInstanceOf(SocketException.class);
        }
    }

    @Test
    void wrongNumbersAreRefused() {
        assertThatThrownBy(() -> proxy.throttle(0))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("0");
        assertThatThrownBy(() -> proxy.delay(Duration.ofSeconds(-1))).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> proxy.cutAfter(Direction.TO_CLIENT, -1)).isInstanceOf(IllegalArgumentException.class);
        proxy.close();
        assertThatThrownBy(proxy::accept).isInstanceOf(IllegalStateException.class);
    }
}
