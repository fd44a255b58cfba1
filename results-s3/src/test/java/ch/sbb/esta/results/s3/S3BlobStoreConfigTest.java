package ch.sbb.esta.results.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.s3.S3BlobStoreConfig.Encryption;
import java.net.URI;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import software.amazon.awssdk.services.s3.model.CreateMultipartUploadRequest;
import software.amazon.awssdk.services.s3.model.PutObjectRequest;

class S3BlobStoreConfigTest {

    @Test
    void defaultsAreAsDocumented() {
        S3BlobStoreConfig config = S3BlobStoreConfig.builder("bucket").build();
        assertThat(config.bucket()).isEqualTo("bucket");
        assertThat(config.prefix()).isEmpty();
        assertThat(config.multipartThreshold()).isEqualTo(64L << 20);
        assertThat(config.partSize()).isEqualTo(8 << 20);
        assertThat(config.storageClass()).isEmpty();
        assertThat(config.encryption()).isEqualTo(Encryption.BUCKET_DEFAULT);
        assertThat(config.kmsKeyId()).isEmpty();
        assertThat(config.usesBucketKey()).isFalse();
        assertThat(config.tags()).isEmpty();
        assertThat(config.staleUploadAge()).isEqualTo(Duration.ofDays(1));
    }

    @Test
    void aPrefixEndsAtASlash() {
        assertThat(S3BlobStoreConfig.builder("bucket").prefix("a/b").build().prefix())
                .isEqualTo("a/b/");
        assertThat(S3BlobStoreConfig.builder("bucket").prefix("a/b/").build().prefix())
                .isEqualTo("a/b/");
    }

    @Test
    void theLongestPrefixLeavesRoomForTheLongestKey() {
        String longest = "p".repeat(123);
        assertThat(S3BlobStoreConfig.builder("bucket").prefix(longest).build().prefix())
                .hasSize(1024 - 900);
        assertThatThrownBy(() -> S3BlobStoreConfig.builder("bucket")
                        .prefix(longest + "p")
                        .build())
                .hasMessageContaining("longer than 123");
        assertThatThrownBy(() -> S3BlobStoreConfig.builder("bucket")
                        .prefix(longest + "p/")
                        .build())
                .hasMessageContaining("longer than 123");
    }

    @Test
    void allMistakesAreToldAtOnce() {
        assertThatThrownBy(() -> S3BlobStoreConfig.builder("no bucket\n")
                        .prefix("../up")
                        .partSize(1)
                        .multipartThreshold(0)
                        .storageClass("GLACIER")
                        .kmsKeyId("key")
                        .useBucketKey()
                        .tag("aws:team", "x")
                        .staleUploadAge(Duration.ofMinutes(59))
                        .build())
                .asInstanceOf(type(ResultsException.class))
                .satisfies(e -> {
                    assertThat(e.code()).isEqualTo(Code.INVALID);
                    assertThat(e)
                            .hasMessageContaining("bucket \"no bucket\\u000a\"")
                            .hasMessageContaining("prefix \"../up\"")
                            .hasMessageContaining("part size 1 ")
                            .hasMessageContaining("multipart threshold 0 ")
                            .hasMessageContaining("GLACIER has to be restored")
                            .hasMessageContaining("a KMS key is given")
                            .hasMessageContaining("a bucket key is asked for")
                            .hasMessageContaining("tag key \"aws:team\" begins with aws:")
                            .hasMessageContaining("stale upload age PT59M is not between PT1H and 365 days");
                });
    }

    @Test
    void directoryBucketsAreRefusedBecauseTheyListInNoOrder() {
        assertThatThrownBy(
                        () -> S3BlobStoreConfig.builder("logs--euc2-az1--x-s3").build())
                .hasMessageContaining("directory bucket");
    }

    @Test
    void storageClassAndEncryptionGoIntoBothKindsOfPut() {
        S3Requests requests = new S3Requests(S3BlobStoreConfig.builder("bucket")
                .storageClass("STANDARD_IA")
                .encryption(Encryption.KMS)
                .kmsKeyId("alias/logs")
                .build());
        PutObjectRequest put = requests.putIfAbsent("a");
        CreateMultipartUploadRequest upload = requests.createUpload("a");
        assertThat(put.storageClassAsString()).isEqualTo("STANDARD_IA");
        assertThat(upload.storageClassAsString()).isEqualTo("STANDARD_IA");
        assertThat(put.serverSideEncryptionAsString()).isEqualTo("aws:kms");
        assertThat(upload.serverSideEncryptionAsString()).isEqualTo("aws:kms");
        assertThat(put.ssekmsKeyId()).isEqualTo("alias/logs");
        assertThat(upload.ssekmsKeyId()).isEqualTo("alias/logs");

        S3Requests own = new S3Requests(
                S3BlobStoreConfig.builder("bucket").encryption(Encryption.S3).build());
        assertThat(own.putIfAbsent("a").serverSideEncryptionAsString()).isEqualTo("AES256");
        assertThat(own.createUpload("a").serverSideEncryptionAsString()).isEqualTo("AES256");
    }

    @Test
    void aBucketKeyIsAskedForInBothKindsOfPutAndOtherwiseLeftToTheBucket() {
        S3Requests requests = new S3Requests(S3BlobStoreConfig.builder("bucket")
                .encryption(Encryption.KMS)
                .useBucketKey()
                .build());
        assertThat(requests.putIfAbsent("a").bucketKeyEnabled()).isTrue();
        assertThat(requests.createUpload("a").bucketKeyEnabled()).isTrue();
        S3Requests silent = new S3Requests(
                S3BlobStoreConfig.builder("bucket").encryption(Encryption.KMS).build());
        assertThat(silent.putIfAbsent("a").bucketKeyEnabled()).isNull();
        assertThat(silent.createUpload("a").bucketKeyEnabled()).isNull();
    }

    @Test
    void tagsGoIntoBothKindsOfPutEncoded() {
        S3Requests requests = new S3Requests(S3BlobStoreConfig.builder("bucket")
                .tag("team", "Züge + Netz")
                .tag("a=b", "")
                .build());
        String expected = "team=Z%C3%BCge%20%2B%20Netz&a%3Db=";
        assertThat(requests.putIfAbsent("a").tagging()).isEqualTo(expected);
        assertThat(requests.put("a").build().tagging()).isEqualTo(expected);
        assertThat(requests.createUpload("a").tagging()).isEqualTo(expected);
        S3Requests none = new S3Requests(S3BlobStoreConfig.builder("bucket").build());
        assertThat(none.putIfAbsent("a").tagging()).isNull();
        assertThat(none.createUpload("a").tagging()).isNull();
    }

    @Test
    void tenTagsOfTheLongestKindArePossibleAndNoMore() {
        S3BlobStoreConfig.Builder builder = S3BlobStoreConfig.builder("bucket");
        for (int i = 0; i < 10; i++) {
            // Counted in characters, of which some take two chars.
            builder.tag("\ud801\udc00".repeat(127) + i, "v".repeat(256));
        }
        assertThat(builder.build().tags()).hasSize(10);
        assertThatThrownBy(() -> builder.tag("eleventh", "x").build())
                .hasMessageContaining("11 tags are given, an object has at most 10");
    }

    @ParameterizedTest
    @CsvSource({
        "'', x, 1 to 128",
        "a&b, x, 1 to 128",
        "'a\n', x, 1 to 128",
        "k, a;b, at most 256",
        "AWS:k, x, begins with aws:"
    })
    void tagsThatS3RefusesAreMistakes(String key, String value, String mistake) {
        assertThatThrownBy(() -> S3BlobStoreConfig.builder("bucket")
                        .tag(key.replace("\\n", "\n"), value)
                        .build())
                .hasMessageContaining(mistake);
    }

    @Test
    void tagsOfTooManyCharactersAndTagsGivenTwiceAreMistakes() {
        assertThatThrownBy(() -> S3BlobStoreConfig.builder("bucket")
                        .tag("k".repeat(129), "x")
                        .build())
                .hasMessageContaining("1 to 128");
        assertThatThrownBy(() -> S3BlobStoreConfig.builder("bucket")
                        .tag("k", "v".repeat(257))
                        .build())
                .hasMessageContaining("at most 256");
        assertThatThrownBy(() -> S3BlobStoreConfig.builder("bucket")
                        .tag("k", "1")
                        .tag("k", "2")
                        .build())
                .hasMessageContaining("tag key \"k\" is given twice");
    }

    @Test
    void partsGrowSoThatTenThousandSuffice() {
        int minimum = 8 << 20;
        assertThat(MultipartPut.partSize(1, minimum)).isEqualTo(minimum);
        assertThat(MultipartPut.partSize(10_000L * minimum, minimum)).isEqualTo(minimum);
        assertThat(MultipartPut.partSize(10_000L * minimum + 1, minimum)).isEqualTo(minimum + 1);
        long largest = 5L << 40;
        long parts = (largest + MultipartPut.partSize(largest, minimum) - 1) / MultipartPut.partSize(largest, minimum);
        assertThat(parts).isLessThanOrEqualTo(10_000);
    }

    @Test
    void aClientOfAnotherStoreSpeaksTheOldProtocolUnlessToldOtherwise() {
        URI other = URI.create("https://s3.example.org");
        assertThat(S3ClientConfig.builder("eu-central-2").build().dialect()).isEqualTo(S3Dialect.AWS);
        assertThat(S3ClientConfig.builder("eu-central-2").build().addressing())
                .isEqualTo(S3ClientConfig.Addressing.VIRTUAL_HOST);
        assertThat(S3ClientConfig.builder("x").endpoint(other).build().dialect())
                .isEqualTo(S3Dialect.COMPATIBLE);
        assertThat(S3ClientConfig.builder("x").endpoint(other).build().addressing())
                .isEqualTo(S3ClientConfig.Addressing.PATH);
        assertThat(S3ClientConfig.builder("x")
                        .endpoint(other)
                        .dialect(S3Dialect.AWS)
                        .build()
                        .dialect())
                .isEqualTo(S3Dialect.AWS);
    }

    @Test
    void aClientsMistakesAreToldAtOnceAndASecretInTheAddressIsNotRepeated() {
        assertThatThrownBy(() -> S3ClientConfig.builder("no region")
                        .endpoint(URI.create("https://user:hunter2@host/path?x=hunter3"))
                        .maxConnections(0)
                        .socketTimeout(Duration.ZERO)
                        .callTimeout(Duration.ofSeconds(-1))
                        .build())
                .asInstanceOf(type(ResultsException.class))
                .satisfies(e -> {
                    assertThat(e.code()).isEqualTo(Code.INVALID);
                    assertThat(e)
                            .hasMessageContaining("region \"no region\"")
                            .hasMessageContaining("endpoint \"https://host\"")
                            .hasMessageContaining("max connections 0")
                            .hasMessageContaining("socket timeout PT0S")
                            .hasMessageContaining("call timeout PT-1S");
                    assertThat(e.getMessage()).doesNotContain("hunter");
                });
    }
}
