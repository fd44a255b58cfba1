package ch.sbb.esta.results.samples.spring;

import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * What an operator of this application chooses. The database is Spring's own {@code spring.datasource}; the cluster and the credentials of S3 come
 * from the environment.
 *
 * @param namespaces which are archived; all without one
 * @param schema where the tables are
 * @param workDirectory where finished runs and logs wait on disk; outlives the process
 * @param s3 where logs go
 */
@ConfigurationProperties("results")
record ResultsProperties(
        @DefaultValue List<String> namespaces,
        @DefaultValue("results") String schema,
        Path workDirectory,
        S3 s3) {

    /**
     * A bucket.
     *
     * @param bucket its name
     * @param region its region
     * @param endpoint the server, where it is not that of AWS in the region
     */
    record S3(String bucket, String region, @Nullable URI endpoint) {}
}
