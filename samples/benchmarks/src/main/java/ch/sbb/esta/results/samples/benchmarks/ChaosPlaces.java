package ch.sbb.esta.results.samples.benchmarks;

import ch.sbb.esta.results.logs.LogStoreConfig;
import ch.sbb.esta.results.logs.SegmentedLogs;
import ch.sbb.esta.results.s3.S3BlobStore;
import ch.sbb.esta.results.s3.S3BlobStoreConfig;
import ch.sbb.esta.results.s3.S3ClientConfig;
import ch.sbb.esta.results.testkit.kube.KubeApiServer;
import ch.sbb.esta.results.testkit.postgres.PostgresDatabase;
import ch.sbb.esta.results.testkit.s3.S3Server;
import com.zaxxer.hikari.HikariDataSource;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.IOException;
import java.io.Reader;
import java.io.Writer;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Properties;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.services.s3.S3Client;

/** Where cluster, database and object store are, as a file that tells another process. */
final class ChaosPlaces {

    static final String SCHEMA = "results";
    static final String LEASES = "default";
    static final String BUCKET = "logs";
    private static final String FILE = "places";

    private final Properties properties;

    private ChaosPlaces(Properties properties) {
        this.properties = properties;
    }

    static ChaosPlaces of(KubeApiServer cluster, PostgresDatabase database, S3Server s3) {
        Properties properties = new Properties();
        properties.setProperty("kubeconfig", cluster.kubeconfig());
        properties.setProperty("jdbcUrl", database.jdbcUrl());
        properties.setProperty("user", database.user());
        properties.setProperty("password", database.password());
        properties.setProperty("endpoint", s3.endpoint().toString());
        properties.setProperty("region", s3.region());
        properties.setProperty("accessKey", s3.accessKey());
        properties.setProperty("secretKey", s3.secretKey());
        return new ChaosPlaces(properties);
    }

    static ChaosPlaces read(Path folder) throws IOException {
        Properties properties = new Properties();
        try (Reader reader = Files.newBufferedReader(folder.resolve(FILE))) {
            properties.load(reader);
        }
        return new ChaosPlaces(properties);
    }

    void write(Path folder) throws IOException {
        try (Writer writer = Files.newBufferedWriter(folder.resolve(FILE))) {
            properties.store(writer, null);
        }
    }

    KubernetesClient openCluster() {
        return new KubernetesClientBuilder()
                .withConfig(Config.fromKubeconfig(properties.getProperty("kubeconfig")))
                .build();
    }

    HikariDataSource openPool() {
        HikariDataSource pool = new HikariDataSource();
        pool.setJdbcUrl(properties.getProperty("jdbcUrl"));
        pool.setUsername(properties.getProperty("user"));
        pool.setPassword(properties.getProperty("password"));
        pool.setMaximumPoolSize(4);
        pool.setConnectionTimeout(2_000);
        pool.setInitializationFailTimeout(-1);
        return pool;
    }

    S3Client openS3() {
        return S3ClientConfig.builder(properties.getProperty("region"))
                .endpoint(URI.create(properties.getProperty("endpoint")))
                .credentials(StaticCredentialsProvider.create(AwsBasicCredentials.create(
                        properties.getProperty("accessKey"), properties.getProperty("secretKey"))))
                .build()
                .openClient();
    }

    static SegmentedLogs logs(S3Client s3, Path spool) {
        return new SegmentedLogs(
                new S3BlobStore(s3, S3BlobStoreConfig.builder(BUCKET).build()),
                LogStoreConfig.builder().spoolDirectory(spool).build());
    }
}
