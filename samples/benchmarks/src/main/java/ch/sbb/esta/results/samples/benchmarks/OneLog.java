package ch.sbb.esta.results.samples.benchmarks;

import ch.sbb.esta.results.testkit.kube.KubeApiServer;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/** Has another JVM collect large logs from an API server and a node in this one. */
final class OneLog {

    private static final String POD = "build-pod";

    private final long bytes;

    OneLog(long bytes) {
        this.bytes = bytes;
    }

    /**
     * Collects one log after the other.
     *
     * @param measured {@code speed} or {@code heap}
     * @return the figures of each log
     */
    List<Figures> collect(String measured, int logs, List<String> options, PrintStream out)
            throws IOException, InterruptedException {
        LogLinesText text = LogLinesText.load();
        int repetitions = text.repetitions(bytes);
        out.printf(
                Locale.ROOT,
                "%d bytes of text with %d lines, %d times%n",
                text.bytes().length,
                text.lines(),
                repetitions);
        List<Figures> figures = new ArrayList<>();
        try (TemporaryFolder folder = TemporaryFolder.make();
                KubeApiServer server = KubeApiServer.builder().start();
                FastNode node = new FastNode(pod -> new Pods(server).end(namespace(pod), pod), out)) {
            Files.writeString(Collecting.kubeconfig(folder.path()), server.kubeconfig());
            List<String> arguments = new ArrayList<>(List.of(
                    folder.path().toString(), Integer.toString(node.port()), Integer.toString(repetitions), measured));
            IntStream.rangeClosed(1, logs).mapToObj(i -> "team-" + i).forEach(arguments::add);
            try (ChildJvm child = ChildJvm.start(OneLogMain.class, options, arguments)) {
                child.readLines(line -> {
                    out.println("  " + line);
                    if (line.startsWith("start ")) {
                        String namespace = line.substring("start ".length());
                        node.add(namespace + "-" + POD, new LogFile(text, repetitions));
                        new Pods(server).start(namespace, namespace + "-" + POD);
                    } else if (line.startsWith("figures ")) {
                        figures.add(Figures.parse(line.substring("figures ".length())));
                    }
                });
            }
        }
        return figures;
    }

    private static String namespace(String pod) {
        return pod.substring(0, pod.length() - POD.length() - 1);
    }
}
