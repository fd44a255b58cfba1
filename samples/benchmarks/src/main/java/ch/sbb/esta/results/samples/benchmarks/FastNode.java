package ch.sbb.esta.results.samples.benchmarks;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;

/**
 * Answers requests for logs, and nothing else, over HTTP/1.1 with as little work as possible, because it shares the machine with what is measured. A follow
 * makes the container write; the container ends when it has written everything. Thread-safe.
 */
final class FastNode implements AutoCloseable {

    private static final byte[] END_OF_LINE = {'\r', '\n'};

    private final ServerSocket listening;
    private final Map<String, LogFile> logs = new ConcurrentHashMap<>();
    private final Consumer<String> onEnd;
    private final PrintStream complaints;

    /** Listens on a free port; {@code onEnd} is told the name of a pod whose container has written everything. */
    FastNode(Consumer<String> onEnd, PrintStream complaints) throws IOException {
        this.listening = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        this.onEnd = onEnd;
        this.complaints = complaints;
        daemon("node", this::accept);
    }

    int port() {
        return listening.getLocalPort();
    }

    void add(String pod, LogFile log) {
        logs.put(pod, log);
    }

    private static void daemon(String name, Runnable task) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        thread.start();
    }

    private void accept() {
        while (!listening.isClosed()) {
            try {
                Socket socket = listening.accept();
                daemon("node-answer", () -> answer(socket));
            } catch (IOException e) {
                if (!listening.isClosed()) {
                    complaints.println("the node cannot accept a connection: " + e);
                }
            }
        }
    }

    private void answer(Socket socket) {
        String asked = "";
        try (socket) {
            socket.setTcpNoDelay(true);
            asked = requestLine(new BufferedInputStream(socket.getInputStream()));
            String[] path = asked.split("[ ?]", -1)[1].split("/", -1);
            String pod = path[path.length - 2];
            LogFile log = logs.get(pod);
            OutputStream out = socket.getOutputStream();
            if (log == null || !path[path.length - 1].equals("log")) {
                head(out, "404 Not Found");
            } else {
                head(out, "200 OK");
                chunk(out, log.newest());
                if (asked.contains("follow=true")) {
                    follow(out, log);
                    onEnd.accept(pod);
                }
            }
            out.write("0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        } catch (IOException | RuntimeException e) {
            complaints.println("the node's answer to " + asked + " broke off: " + e);
        }
    }

    private static void follow(OutputStream out, LogFile log) throws IOException {
        for (byte[] more = log.write(); more.length > 0; more = log.write()) {
            chunk(out, more);
        }
    }

    private static void head(OutputStream out, String status) throws IOException {
        out.write(("HTTP/1.1 " + status
                        + "\r\nContent-Type: text/plain\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n")
                .getBytes(StandardCharsets.US_ASCII));
    }

    private static void chunk(OutputStream out, byte[] bytes) throws IOException {
        if (bytes.length == 0) {
            return;
        }
        ByteArrayOutputStream chunk = new ByteArrayOutputStream(bytes.length + 16);
        chunk.write(Integer.toHexString(bytes.length).getBytes(StandardCharsets.US_ASCII));
        chunk.write(END_OF_LINE);
        chunk.write(bytes);
        chunk.write(END_OF_LINE);
        chunk.writeTo(out);
    }

    /** Reads a request without a body; returns its first line. */
    private static String requestLine(InputStream in) throws IOException {
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        String text = "";
        while (!text.endsWith("\r\n\r\n")) {
            int b = in.read();
            if (b < 0) {
                throw new IOException("the request ends in its head");
            }
            head.write(b);
            text = b == '\n' ? head.toString(StandardCharsets.US_ASCII) : "";
        }
        return text.substring(0, text.indexOf('\r'));
    }

    @Override
    public void close() throws IOException {
        listening.close();
    }
}
