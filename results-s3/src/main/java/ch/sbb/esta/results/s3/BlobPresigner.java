package ch.sbb.esta.results.s3;

import ch.sbb.esta.results.Escaped;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import java.net.URI;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.core.exception.SdkException;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.S3Configuration;
import software.amazon.awssdk.services.s3.S3ServiceClientConfiguration;
import software.amazon.awssdk.services.s3.presigner.S3Presigner;
import software.amazon.awssdk.services.s3.presigner.model.PresignedGetObjectRequest;

/** Signs addresses of objects, as the client of the store would. Thread-safe. */
final class BlobPresigner {

    /** What version 4 of the signature allows. */
    private static final Duration LONGEST = Duration.ofDays(7);

    private final S3Client client;
    private final S3Requests requests;
    private final S3Failures failures;
    /** Handed in, or made of the client when first needed; neither is closed, because the credentials are not ours. */
    private volatile @Nullable S3Presigner presigner;

    BlobPresigner(S3Client client, @Nullable S3Presigner presigner, S3Requests requests, S3Failures failures) {
        this.client = client;
        this.presigner = presigner;
        this.requests = requests;
        this.failures = failures;
    }

    URI link(String key, Duration validFor) {
        if (validFor.isNegative() || validFor.isZero() || validFor.compareTo(LONGEST) > 0) {
            throw ResultsException.invalid("a link for " + validFor
                            + " cannot be made: S3 takes more than zero and at most " + LONGEST.toDays() + " days")
                    .about(key);
        }
        PresignedGetObjectRequest signed;
        try {
            S3Presigner signer = presigner();
            // Signatures count in seconds.
            Duration seconds = Duration.ofSeconds(Math.max(1, validFor.toSeconds()));
            signed = signer.presignGetObject(r -> r.signatureDuration(seconds)
                    .getObjectRequest(requests.get(key).build()));
        } catch (RuntimeException e) {
            throw failures.of(e, "the signature of a GetObject", key);
        }
        if (!signed.isBrowserExecutable()) {
            throw new ResultsException(
                            Code.INTERNAL,
                            "a link to " + failures.where(key) + " needs headers "
                                    + Escaped.of(signed.signedHeaders().keySet().toString())
                                    + ", which a plain GET does not send; give the store another S3Presigner")
                    .about(key);
        }
        return URI.create(signed.url().toString());
    }

    private S3Presigner presigner() {
        S3Presigner known = presigner;
        if (known == null) {
            known = ofClient();
            presigner = known;
        }
        return known;
    }

    private S3Presigner ofClient() {
        S3ServiceClientConfiguration told;
        boolean pathStyle;
        try {
            told = client.serviceClientConfiguration();
            pathStyle = isPathStyle();
        } catch (UnsupportedOperationException | SdkException e) {
            throw new ResultsException(
                    Code.INVALID,
                    "the S3 client does not tell its endpoint and credentials, so no links can be signed: give the store an"
                            + " S3Presigner as well",
                    e);
        }
        S3Presigner.Builder builder = S3Presigner.builder()
                .region(told.region())
                .credentialsProvider(told.credentialsProvider())
                .serviceConfiguration(S3Configuration.builder()
                        .pathStyleAccessEnabled(pathStyle)
                        .build());
        told.endpointOverride().ifPresent(builder::endpointOverride);
        return builder.build();
    }

    /** The client's configuration does not show it, its addresses do. */
    private boolean isPathStyle() {
        String bucket = requests.bucket();
        return !bucket.startsWith("arn:")
                && client.utilities()
                        .getUrl(r -> r.bucket(bucket).key("key"))
                        .getPath()
                        .equals("/" + bucket + "/key");
    }
}
