package ch.sbb.esta.results.samples.quarkus;

import io.smallrye.config.ConfigMapping;
import io.smallrye.config.WithDefault;
import java.net.URI;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * What an operator of this application chooses. The database is Quarkus' own {@code quarkus.datasource}; the cluster and the credentials of S3
 * come from the environment.
 */
@ConfigMapping(prefix = "results")
interface ResultsOptions {

    /** Which are archived; all without one. */
    Optional<List<String>> namespaces();

    /** Where the tables are. */
    @WithDefault("results")
    String schema();

    /** Where finished runs and logs wait on disk; outlives the process. */
    Path workDirectory();

    /** Where logs go. */
    S3 s3();

    /** A bucket. */
    interface S3 {

        /** Its name. */
        String bucket();

        /** Its region. */
        String region();

        /** The server, where it is not that of AWS in the region. */
        Optional<URI> endpoint();
    }
}
