package ch.sbb.esta.results.s3;

import ch.sbb.esta.results.testkit.s3.S3Server;
import java.time.Duration;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.core.retry.RetryMode;
import software.amazon.awssdk.http.apache5.Apache5HttpClient;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.s3.S3Client;

/** Clients of the kit's S3 server. */
final class Server {

    private Server() {}

    static StaticCredentialsProvider credentials(S3Server server) {
        return StaticCredentialsProvider.create(AwsBasicCredentials.create(server.accessKey(), server.secretKey()));
    }

    static S3Client client(S3Server server) {
        return S3ClientConfig.builder(server.region())
                .endpoint(server.endpoint())
                .credentials(credentials(server))
                .dialect(S3Dialect.AWS)
                .build()
                .openClient();
    }

    static FaultyHttpClient faulty() {
        return new FaultyHttpClient(Apache5HttpClient.builder()
                .socketTimeout(Duration.ofSeconds(10))
                .build());
    }

    /** A client whose exchanges go wrong as told; with the SDK's retries, of which there are two. */
    static S3Client client(S3Server server, FaultyHttpClient http) {
        return S3Client.builder()
                .endpointOverride(server.endpoint())
                .region(Region.of(server.region()))
                .forcePathStyle(true)
                .credentialsProvider(credentials(server))
                .httpClient(http)
                .overrideConfiguration(o -> o.retryStrategy(RetryMode.STANDARD))
                .build();
    }
}
