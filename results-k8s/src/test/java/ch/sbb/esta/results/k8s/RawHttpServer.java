package ch.sbb.esta.results.k8s;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** A server on a bare socket that answers in ways in which no decent server does. */
final class RawHttpServer implements AutoCloseable {

    private interface Answer {
        void to(OutputStream out) throws IOException;
    }

    private final ServerSocket listener;
    private final Answer answer;
    private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
    private final AtomicLong sent = new AtomicLong();
    private final AtomicInteger requests = new AtomicInteger();

    private RawHttpServer(Kind kind, String head, String body) throws IOException {
        this.listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        this.answer = switch (kind) {
            case ONCE ->
                out -> out.write((head + "\r\nContent-Length: " + body.length() + "\r\n\r\n" + body)
                        .getBytes(StandardCharsets.US_ASCII));
            case ENDLESS -> this::sendWithoutEnd;
            case SILENT -> out -> {};
        };
        thread("raw-http-accept", this::accept);
    }

    private enum Kind {
        ONCE,
        ENDLESS,
        SILENT
    }

    static RawHttpServer answering(int status, String json) throws IOException {
        return new RawHttpServer(Kind.ONCE, "HTTP/1.1 " + status + " Said\r\nContent-Type: application/json", json);
    }

    static RawHttpServer endless() throws IOException {
        return new RawHttpServer(Kind.ENDLESS, "", "");
    }

    static RawHttpServer silent() throws IOException {
        return new RawHttpServer(Kind.SILENT, "", "");
    }

    String url() {
        return "http://127.0.0.1:" + listener.getLocalPort();
    }

    long sent() {
        return sent.get();
    }

    int requests() {
        return requests.get();
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket socket = listener.accept();
                sockets.add(socket);
                thread("raw-http-connection", () -> serve(socket));
            } catch (IOException e) {
                return;
            }
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            BufferedReader in =
                    new BufferedReader(new InputStreamReader(socket.getInputStream(), StandardCharsets.US_ASCII));
            for (String line = in.readLine(); line != null; line = in.readLine()) {
                if (line.isEmpty()) {
                    requests.incrementAndGet();
                    answer.to(socket.getOutputStream());
                }
            }
        } catch (IOException e) {
            // The client has gone, or the test is over.
            sockets.remove(socket);
        }
    }

    private void sendWithoutEnd(OutputStream out) throws IOException {
        out.write("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\n\r\n"
                .getBytes(StandardCharsets.US_ASCII));
        byte[] chunk = ("1000\r\n" + "x".repeat(4095) + "\n\r\n").getBytes(StandardCharsets.US_ASCII);
        while (true) {
            out.write(chunk);
            sent.addAndGet(4096);
        }
    }

    private static void thread(String name, Runnable task) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void close() throws IOException {
        listener.close();
        for (Socket socket : sockets) {
            socket.close();
        }
    }
}
