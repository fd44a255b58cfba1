package ch.sbb.esta.results.s3;

import static ch.sbb.esta.results.s3.FaultyHttpClient.answer;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.spi.BlobStore.Blob;
import ch.sbb.esta.results.spi.BlobStore.Content;
import ch.sbb.esta.results.spi.BlobStore.Put;
import ch.sbb.esta.results.testkit.s3.S3Server;
import java.io.IOException;
import java.io.InputStream;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.http.SdkHttpRequest;
import software.amazon.awssdk.services.s3.S3Client;

/** A store whose every request is let through or answered with 403 by the policy of its tenant, as S3 would. */
class S3TenantPolicyIT {

    private static final String BUCKET = "policies";
    private static final Content FIVE = Content.of(new byte[] {1, 2, 3, 4, 5});
    private static final int PART = 5 << 20;
    private static S3Server server;

    @BeforeAll
    static void start() {
        server = S3Server.open();
        server.createBucket(BUCKET);
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    private static S3BlobStoreConfig config() {
        return S3BlobStoreConfig.builder(BUCKET)
                .prefix("east")
                .multipartThreshold(PART)
                .partSize(PART)
                .build();
    }

    /** What S3 asks the policy of a request. */
    private static boolean allows(IamPolicy policy, SdkHttpRequest request) {
        String path = request.encodedPath().substring(1);
        String bucket = path.contains("/") ? path.substring(0, path.indexOf('/')) : path;
        String key = path.substring(Math.min(path.length(), bucket.length() + 1));
        Map<String, List<String>> query = request.rawQueryParameters();
        String method = request.method().name();
        if (!key.isEmpty()) {
            String action = switch (method) {
                case "GET", "HEAD" -> "s3:GetObject";
                case "PUT", "POST" -> "s3:PutObject";
                case "DELETE" -> query.containsKey("uploadId") ? "s3:AbortMultipartUpload" : "s3:DeleteObject";
                default -> throw new IllegalStateException(method + " " + path);
            };
            return policy.allows(action, "arn:aws:s3:::" + bucket + "/" + key, Map.of());
        }
        Map<String, String> context = new HashMap<>();
        request.firstMatchingRawQueryParameter("prefix").ifPresent(prefix -> context.put("s3:prefix", prefix));
        String action = query.containsKey("uploads") ? "s3:ListBucketMultipartUploads" : "s3:ListBucket";
        if (!method.equals("HEAD") && !method.equals("GET")) {
            throw new IllegalStateException(method + " " + path);
        }
        return policy.allows(action, "arn:aws:s3:::" + bucket, context);
    }

    private interface Work {
        void with(S3BlobStore store) throws IOException;
    }

    private static void as(S3TenantPolicy tenant, Work work) throws IOException {
        IamPolicy policy = new IamPolicy(tenant.json());
        FaultyHttpClient http = Server.faulty();
        http.fail(request -> !allows(policy, request), Integer.MAX_VALUE, answer(403, "AccessDenied"));
        try (S3Client client = Server.client(server, http)) {
            work.with(new S3BlobStore(client, config()));
        } finally {
            http.close();
        }
    }

    private static void assertDenied(Runnable call) {
        assertThatThrownBy(call::run)
                .isInstanceOfSatisfying(
                        ResultsException.class, e -> assertThat(e.code()).isEqualTo(Code.DENIED));
    }

    @Test
    void aTenantDoesAllItNeedsInItsFolderAndNothingInAnothers() throws IOException {
        try (S3Client client = Server.client(server)) {
            new S3BlobStore(client, config()).putIfAbsent("team-a-b/there", FIVE);
        }
        as(S3TenantPolicy.of(config(), "team-a"), store -> {
            assertThat(store.find("team-a/u/x")).isEmpty();
            assertThat(store.putIfAbsent("team-a/u/x", FIVE)).isEqualTo(Put.CREATED);
            assertThat(store.putIfAbsent("team-a/u/x", FIVE)).isEqualTo(Put.EXISTS);
            byte[] large = new byte[PART + 1];
            assertThat(store.putIfAbsent("team-a/u/large", Content.of(large))).isEqualTo(Put.CREATED);
            assertThat(store.find("team-a/u/large")).contains(new Blob("team-a/u/large", large.length));
            try (InputStream bytes = store.getRange("team-a/u/x", 1, 2)) {
                assertThat(bytes.readAllBytes()).containsExactly(2, 3);
            }
            assertThat(store.list("team-a/", "").items())
                    .extracting(Blob::key)
                    .containsExactly("team-a/u/large", "team-a/u/x");
            store.delete("team-a/u/x");
            assertThat(store.find("team-a/u/x")).isEmpty();

            assertDenied(() -> store.find("team-a-b/there"));
            assertDenied(() -> store.get("team-a-b/there"));
            assertDenied(() -> store.putIfAbsent("team-a-b/new", FIVE));
            assertDenied(() -> store.putIfAbsent("team-a-b/large", Content.of(large)));
            assertDenied(() -> store.delete("team-a-b/there"));
            for (String prefix : List.of("", "team-a", "team-a-b/", "team-a-b/u", "team-b/")) {
                assertDenied(() -> store.list(prefix, ""));
            }
        });
        as(S3TenantPolicy.of(config(), "team-a").readOnly(), store -> {
            assertThat(store.list("team-a/", "").items()).hasSize(1);
            assertThat(store.find("team-a/u/large")).isPresent();
            assertDenied(() -> store.putIfAbsent("team-a/u/new", FIVE));
            assertDenied(() -> store.delete("team-a/u/large"));
            assertDenied(() -> store.get("team-a-b/there"));
        });
        try (S3Client client = Server.client(server)) {
            assertThat(new S3BlobStore(client, config()).list("team-a-b/", "").items())
                    .extracting(Blob::key)
                    .containsExactly("team-a-b/there");
        }
    }
}
