package ch.sbb.esta.results.samples.benchmarks;

import ch.sbb.esta.results.LogInfo;
import ch.sbb.esta.results.LogState;
import ch.sbb.esta.results.file.FileSystemBlobStore;
import ch.sbb.esta.results.k8s.FabricConfig;
import ch.sbb.esta.results.k8s.FabricContainerLogs;
import ch.sbb.esta.results.logs.LogCollector;
import ch.sbb.esta.results.logs.LogCollectorConfig;
import ch.sbb.esta.results.logs.LogStoreConfig;
import ch.sbb.esta.results.logs.SegmentedLogs;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.fabric8.kubernetes.client.http.BasicBuilder;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.Interceptor;
import io.fabric8.kubernetes.client.jdkhttp.JdkHttpClientFactory;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;

/** A log collector as an embedder has it, from the Kubernetes API to blobs in files, for the pods of one namespace. */
final class Collecting implements AutoCloseable {

    private final KubernetesClient client;
    private final FabricContainerLogs cluster;
    private final SegmentedLogs stored;
    private final LogCollector collector;

    private Collecting(KubernetesClient client, Path folder, String namespace, int streams) {
        this.client = client;
        cluster = new FabricContainerLogs(
                client, FabricConfig.builder().namespaces(namespace).build());
        stored = new SegmentedLogs(
                new FileSystemBlobStore(folder.resolve("blobs")),
                LogStoreConfig.builder().spoolDirectory(folder.resolve("spool")).build());
        collector = new LogCollector(
                cluster,
                stored,
                LogCollectorConfig.builder().maxStreams(streams).build(),
                InstantSource.system());
    }

    /** A collector that asks the API server of {@link #kubeconfig} for everything. */
    static Collecting of(Path folder, String namespace, int streams) throws IOException {
        return new Collecting(client(folder).build(), folder, namespace, streams);
    }

    /** The same, but logs come from a port of this machine. */
    static Collecting fromNode(Path folder, String namespace, int nodePort) throws IOException {
        KubernetesClient client = client(folder)
                .withHttpClientBuilderConsumer(http -> http.addOrReplaceInterceptor("node", new ToNode(nodePort)))
                .build();
        return new Collecting(client, folder, namespace, 1);
    }

    private static KubernetesClientBuilder client(Path folder) throws IOException {
        return new KubernetesClientBuilder()
                .withHttpClientFactory(new FewThreads())
                .withConfig(Config.fromKubeconfig(Files.readString(kubeconfig(folder))));
    }

    static Path kubeconfig(Path folder) {
        return folder.resolve("kubeconfig");
    }

    LogCollector collector() {
        return collector;
    }

    SegmentedLogs stored() {
        return stored;
    }

    /** A benchmark of work that was not done measures nothing. */
    static void requireComplete(LogInfo log, long bytes) {
        if (log.state() != LogState.COMPLETE || log.extent().bytes() != bytes) {
            throw new IllegalStateException("the log " + log + " is not complete with " + bytes + " bytes");
        }
    }

    @Override
    public void close() {
        collector.close();
        stored.close();
        cluster.close();
        client.close();
    }

    /** Unless told otherwise, fabric8 gives the JDK's client as many threads as it has tasks at once: hundreds with as many logs. */
    private static final class FewThreads extends JdkHttpClientFactory {

        private static final int THREADS = 4;

        @Override
        protected void additionalConfig(HttpClient.Builder builder) {
            ThreadPoolExecutor pool = new ThreadPoolExecutor(
                    THREADS, THREADS, 10, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), task -> {
                        Thread thread = new Thread(task, "http");
                        thread.setDaemon(true);
                        return thread;
                    });
            pool.allowCoreThreadTimeOut(true);
            builder.executor(pool);
        }
    }

    private static final class ToNode implements Interceptor {

        private final int port;

        ToNode(int port) {
            this.port = port;
        }

        @Override
        public void before(BasicBuilder builder, HttpRequest request, RequestTags tags) {
            URI asked = request.uri();
            if (asked.getPath().endsWith("/log")) {
                builder.uri(URI.create("http://127.0.0.1:" + port + asked.getRawPath() + "?" + asked.getRawQuery()));
            }
        }
    }
}
