package ch.sbb.esta.results.samples.server;

import ch.sbb.esta.results.grpc.server.GrpcResultsServer;
import ch.sbb.esta.results.grpc.server.ResultsServices;
import ch.sbb.esta.results.jdbi.JdbiRecordStatistics;
import ch.sbb.esta.results.jdbi.JdbiResultsStore;
import ch.sbb.esta.results.jdbi.Migrations;
import ch.sbb.esta.results.k8s.FabricConfig;
import ch.sbb.esta.results.k8s.KubernetesAuthorizer;
import ch.sbb.esta.results.logs.LogStoreConfig;
import ch.sbb.esta.results.logs.SegmentedLogs;
import ch.sbb.esta.results.s3.S3BlobStore;
import ch.sbb.esta.results.s3.S3BlobStoreConfig;
import ch.sbb.esta.results.s3.S3ClientConfig;
import ch.sbb.esta.results.spi.Authorizer;
import com.zaxxer.hikari.HikariConfig;
import com.zaxxer.hikari.HikariDataSource;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.util.ArrayDeque;
import java.util.Deque;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A server and what is behind it. */
final class ServerParts implements AutoCloseable {

    private static final Logger LOG = LoggerFactory.getLogger(ServerParts.class);
    private static final int POOL_SIZE = 8;

    private final Deque<AutoCloseable> toClose = new ArrayDeque<>();
    private final GrpcResultsServer server;

    private ServerParts(ServerOptions options) throws IOException {
        try {
            HikariDataSource dataSource = opened(new HikariDataSource(pool(options)));
            new Migrations(dataSource, options.jdbcSchema).migrate();
            ResultsServices.Builder services = ResultsServices.builder(
                            JdbiResultsStore.builder(dataSource, options.jdbcSchema)
                                    .build(),
                            authorizer(options))
                    .statistics(JdbiRecordStatistics.builder(dataSource, options.jdbcSchema)
                            .build());
            if (options.s3Bucket != null) {
                SegmentedLogs logs = opened(logs(options, options.s3Bucket));
                services.logs(logs).logUploads(logs).logDeletion(logs);
            }
            GrpcResultsServer.Builder builder =
                    GrpcResultsServer.builder(services.build()).address(new InetSocketAddress(options.port));
            if (options.certificate != null && options.key != null) {
                builder.tls(options.certificate, options.key);
            } else {
                builder.plaintext();
            }
            server = opened(builder.start());
        } catch (IOException | RuntimeException e) {
            close();
            throw e;
        }
    }

    static ServerParts open(ServerOptions options) throws IOException {
        return new ServerParts(options);
    }

    private <T extends AutoCloseable> T opened(T part) {
        toClose.push(part);
        return part;
    }

    private static HikariConfig pool(ServerOptions options) throws IOException {
        HikariConfig pool = new HikariConfig();
        pool.setMaximumPoolSize(POOL_SIZE);
        pool.setInitializationFailTimeout(-1);
        pool.setJdbcUrl(options.jdbcUrl);
        pool.setUsername(options.jdbcUser);
        if (options.jdbcPasswordFile != null) {
            pool.setPassword(Files.readString(options.jdbcPasswordFile).strip());
        }
        return pool;
    }

    private Authorizer authorizer(ServerOptions options) {
        if (options.allowAll) {
            return Authorizer.allowAll();
        }
        Config config = options.kubeconfig == null
                ? Config.autoConfigure(null)
                : Config.fromKubeconfig(options.kubeconfig.toFile());
        return new KubernetesAuthorizer(
                opened(new KubernetesClientBuilder().withConfig(config).build()), FabricConfig.defaults());
    }

    private SegmentedLogs logs(ServerOptions options, String bucket) throws IOException {
        S3ClientConfig.Builder client = S3ClientConfig.builder(options.s3Region);
        if (options.s3Endpoint != null) {
            client.endpoint(options.s3Endpoint);
        }
        S3BlobStore blobs = new S3BlobStore(
                opened(client.build().openClient()),
                S3BlobStoreConfig.builder(bucket).prefix(options.s3Prefix).build());
        blobs.probe();
        return new SegmentedLogs(
                blobs,
                LogStoreConfig.builder()
                        .spoolDirectory(Files.createTempDirectory("results-server-"))
                        .build());
    }

    GrpcResultsServer server() {
        return server;
    }

    @Override
    public void close() {
        while (!toClose.isEmpty()) {
            try {
                toClose.pop().close();
            } catch (Exception e) {
                LOG.warn("a part could not be closed", e);
            }
        }
    }
}
