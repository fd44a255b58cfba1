package ch.sbb.esta.results.samples.standalone;

import ch.sbb.esta.results.s3.S3ClientConfig;
import java.net.URI;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import software.amazon.awssdk.regions.providers.DefaultAwsRegionProviderChain;

/** Which S3. */
final class S3Options {

    @Option(names = "--s3-endpoint", paramLabel = "URL", description = "the S3 server (that of AWS in the region)")
    @Nullable
    URI endpoint;

    @Option(names = "--s3-region", paramLabel = "NAME", description = "its region (the default chain's)")
    @Nullable
    String region;

    @Option(names = "--s3-bucket", paramLabel = "NAME", description = "keep logs in this bucket")
    @Nullable
    String bucket;

    @Option(names = "--s3-prefix", paramLabel = "TEXT", defaultValue = "", description = "before every key")
    String prefix = "";

    /** Adds what contradicts itself. */
    void check(List<String> wrong) {
        if (bucket == null && (endpoint != null || region != null || !prefix.isEmpty())) {
            wrong.add("--s3-endpoint, --s3-region and --s3-prefix need --s3-bucket");
        }
    }

    S3ClientConfig.Builder client() {
        S3ClientConfig.Builder client = S3ClientConfig.builder(
                region == null
                        ? DefaultAwsRegionProviderChain.builder()
                                .build()
                                .getRegion()
                                .id()
                        : region);
        if (endpoint != null) {
            client.endpoint(endpoint);
        }
        return client;
    }
}
