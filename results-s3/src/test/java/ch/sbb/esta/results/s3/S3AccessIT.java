package ch.sbb.esta.results.s3;

import static ch.sbb.esta.results.s3.FaultyHttpClient.answer;
import static ch.sbb.esta.results.s3.FaultyHttpClient.method;
import static ch.sbb.esta.results.s3.FaultyHttpClient.put;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.logs.BlobRoutes;
import ch.sbb.esta.results.logs.RoutedBlobStore;
import ch.sbb.esta.results.s3.S3BlobStoreConfig.Encryption;
import ch.sbb.esta.results.spi.BlobStore.Blob;
import ch.sbb.esta.results.spi.BlobStore.Content;
import ch.sbb.esta.results.testkit.s3.S3Server;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.time.Duration;
import java.util.Map;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import software.amazon.awssdk.http.SdkHttpMethod;
import software.amazon.awssdk.http.SdkHttpRequest;
import software.amazon.awssdk.services.s3.S3Client;

/** Which requests, and so which permissions, an operation needs; and what comes of it when they are denied. */
class S3AccessIT {

    private static final Content FIVE = Content.of(new byte[] {1, 2, 3, 4, 5});
    private static final Predicate<SdkHttpRequest> HEAD_OBJECT =
            method(SdkHttpMethod.HEAD).and(r -> r.encodedPath().contains("/shop/"));
    private static final Predicate<SdkHttpRequest> HEAD_BUCKET =
            method(SdkHttpMethod.HEAD).and(HEAD_OBJECT.negate());
    private static final Predicate<SdkHttpRequest> LIST = method(SdkHttpMethod.GET)
            .and(r -> r.firstMatchingRawQueryParameter("list-type").isPresent());
    private static final Predicate<SdkHttpRequest> GET_OBJECT =
            method(SdkHttpMethod.GET).and(r -> r.encodedPath().contains("/shop/"));
    private static final Predicate<SdkHttpRequest> READ =
            method(SdkHttpMethod.GET).or(method(SdkHttpMethod.HEAD));

    private static S3Server server;

    private final FaultyHttpClient http = Server.faulty();
    private S3Client client;
    private S3BlobStore store;

    @BeforeEach
    void connect() {
        client = Server.client(server, http);
        store = new S3BlobStore(client, S3BlobStoreConfig.builder("access").build());
    }

    @BeforeAll
    static void start() {
        server = S3Server.open();
        server.createBucket("access");
        server.createBucket("access-bank");
        try (S3Client writer = Server.client(server)) {
            new S3BlobStore(writer, S3BlobStoreConfig.builder("access").build()).putIfAbsent("shop/there", FIVE);
        }
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @AfterEach
    void close() {
        client.close();
        http.close();
    }

    private static Code code(Runnable call) {
        try {
            call.run();
        } catch (ResultsException e) {
            return e.code();
        }
        throw new AssertionError("nothing was thrown");
    }

    @Test
    void readersSendNothingButReads() throws IOException {
        http.fail(READ.negate(), Integer.MAX_VALUE, answer(403, "AccessDenied"));
        try (InputStream whole = store.get("shop/there");
                InputStream part = store.getRange("shop/there", 1, 2)) {
            assertThat(whole.readAllBytes()).containsExactly(1, 2, 3, 4, 5);
            assertThat(part.readAllBytes()).containsExactly(2, 3);
        }
        assertThat(store.find("shop/there")).contains(new Blob("shop/there", 5));
        assertThat(store.find("shop/none")).isEmpty();
        assertThat(store.list("shop/", "").items()).containsExactly(new Blob("shop/there", 5));
        assertThat(store.link("shop/there", Duration.ofMinutes(1)).isAbsolute()).isTrue();
        assertThat(http.sent(READ.negate())).isEmpty();
    }

    /** A policy that binds s3:ListBucket to a prefix lets nobody ask for the bucket, and answers 403 for a missing key. */
    @Test
    void whoMayListBelowAPrefixOnlyIsToldWhatIsMissing() {
        http.fail(HEAD_BUCKET, Integer.MAX_VALUE, answer(403, "AccessDenied"));
        http.fail(HEAD_OBJECT.or(GET_OBJECT.and(LIST.negate())), Integer.MAX_VALUE, answer(403, "AccessDenied"));
        assertThat(store.find("shop/none")).isEmpty();
        assertThat(code(() -> store.get("shop/none"))).isEqualTo(Code.NOT_FOUND);
        assertThat(code(() -> store.getRange("shop/none", 0, 1))).isEqualTo(Code.NOT_FOUND);
        assertThat(store.find("shop/the")).as("the beginning of another key").isEmpty();
        // What is there and not readable is denied and not missing.
        assertThat(code(() -> store.find("shop/there"))).isEqualTo(Code.DENIED);
        assertThat(code(() -> store.get("shop/there"))).isEqualTo(Code.DENIED);
    }

    @Test
    void aBucketThatMayNotBeAskedForExists() {
        http.fail(HEAD_BUCKET, Integer.MAX_VALUE, answer(403, "AccessDenied"));
        assertThat(store.find("shop/none")).isEmpty();
    }

    @Test
    void withoutAnyRightToListAMissingBlobIsDenied() {
        http.fail(LIST.or(HEAD_OBJECT), Integer.MAX_VALUE, answer(403, "AccessDenied"));
        assertThat(code(() -> store.find("shop/none"))).isEqualTo(Code.DENIED);
    }

    @Test
    void aStoreThatFailsWhileItIsAskedWhetherABlobIsMissingIsUnavailable() {
        http.fail(HEAD_OBJECT, Integer.MAX_VALUE, answer(403, "AccessDenied"));
        http.fail(LIST, Integer.MAX_VALUE, answer(503, "SlowDown"));
        assertThat(code(() -> store.find("shop/none"))).isEqualTo(Code.UNAVAILABLE);
    }

    @Test
    void anArchivedObjectIsNotTakenForADeniedOne() {
        http.fail(GET_OBJECT.and(LIST.negate()), 1, answer(403, "InvalidObjectState"));
        assertThatThrownBy(() -> store.get("shop/there"))
                .hasMessageContaining("restore it")
                .asInstanceOf(type(ResultsException.class))
                .extracting(ResultsException::code)
                .isEqualTo(Code.INVALID);
    }

    @Test
    void aDeniedPutNamesWhatTheConfigurationNeeds() {
        http.fail(put(), Integer.MAX_VALUE, answer(403, "AccessDenied"));
        assertThatThrownBy(() -> store.putIfAbsent("shop/new", FIVE))
                .hasMessageContaining("s3:PutObject")
                .satisfies(e ->
                        assertThat(e.getMessage()).doesNotContain("Tagging").doesNotContain("kms:"));
        S3BlobStore demanding = new S3BlobStore(
                client,
                S3BlobStoreConfig.builder("access")
                        .tag("team", "shop")
                        .encryption(Encryption.KMS)
                        .build());
        assertThatThrownBy(() -> demanding.putIfAbsent("shop/new", FIVE))
                .hasMessageContaining("s3:PutObjectTagging on the prefix")
                .hasMessageContaining("kms:GenerateDataKey and kms:Decrypt")
                .asInstanceOf(type(ResultsException.class))
                .extracting(ResultsException::code)
                .isEqualTo(Code.DENIED);
    }

    @Test
    void whatIsAskedForAtRestIsOnTheWire() {
        S3BlobStore demanding = new S3BlobStore(
                client,
                S3BlobStoreConfig.builder("access")
                        .tag("team", "shop + co")
                        .storageClass("STANDARD_IA")
                        .encryption(Encryption.KMS)
                        .kmsKeyId("alias/logs")
                        .useBucketKey()
                        .partSize(S3BlobStoreConfig.MIN_PART_SIZE)
                        .multipartThreshold(S3BlobStoreConfig.MIN_PART_SIZE)
                        .build());
        // The kit's server knows neither keys nor tags: what is sent is looked at, the answer is told.
        http.fail(put(), 1, answer(403, "AccessDenied"));
        http.fail(method(SdkHttpMethod.POST), 1, answer(403, "AccessDenied"));
        assertThat(code(() -> demanding.putIfAbsent("shop/small", FIVE))).isEqualTo(Code.DENIED);
        assertThat(code(() -> demanding.putIfAbsent("shop/large", new Generated(6 << 20, 1))))
                .isEqualTo(Code.DENIED);
        assertThat(http.sent(put().or(method(SdkHttpMethod.POST)))).hasSize(2).allSatisfy(r -> {
            assertThat(r.firstMatchingHeader("x-amz-tagging")).contains("team=shop%20%2B%20co");
            assertThat(r.firstMatchingHeader("x-amz-storage-class")).contains("STANDARD_IA");
            assertThat(r.firstMatchingHeader("x-amz-server-side-encryption")).contains("aws:kms");
            assertThat(r.firstMatchingHeader("x-amz-server-side-encryption-aws-kms-key-id"))
                    .contains("alias/logs");
            assertThat(r.firstMatchingHeader("x-amz-server-side-encryption-bucket-key-enabled"))
                    .contains("true");
        });
    }

    @Test
    void aTenantMayHaveABucketOfItsOwn() {
        S3BlobStore bank =
                new S3BlobStore(client, S3BlobStoreConfig.builder("access-bank").build());
        RoutedBlobStore routed = new RoutedBlobStore(BlobRoutes.of(Map.of("bank", bank), store));
        routed.putIfAbsent("bank/a", FIVE);
        assertThat(bank.find("bank/a")).isPresent();
        assertThat(store.find("bank/a")).isEmpty();
        assertThat(routed.find("shop/there")).isPresent();
        assertThat(routed.list("", "").items()).extracting(Blob::key).containsExactly("bank/a", "shop/there");
        URI link = routed.link("bank/a", Duration.ofMinutes(1));
        assertThat(link.getPath()).isEqualTo("/access-bank/bank/a");
    }
}
