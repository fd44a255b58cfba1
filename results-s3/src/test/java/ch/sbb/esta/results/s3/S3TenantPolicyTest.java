package ch.sbb.esta.results.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.sbb.esta.results.ResultsException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class S3TenantPolicyTest {

    private final S3BlobStoreConfig config =
            S3BlobStoreConfig.builder("tekton-logs").prefix("east").build();

    @Test
    void itAllowsTheNamespacesFolderAndNothingElse() {
        assertThat(S3TenantPolicy.of(config, "shop").json()).isEqualTo("""
                {
                  "Version": "2012-10-17",
                  "Statement": [
                    { "Effect": "Allow", "Action": ["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"], "Resource": "arn:aws:s3:::tekton-logs/east/shop/*" },
                    { "Effect": "Allow", "Action": ["s3:ListBucket"], "Resource": "arn:aws:s3:::tekton-logs",
                      "Condition": { "StringLike": { "s3:prefix": ["east/shop/*"] } } }
                  ]
                }
                """);
    }

    @Test
    void aReaderMayNotWriteAndChinaHasItsOwnNames() {
        assertThat(S3TenantPolicy.of(config, "shop")
                        .readOnly()
                        .partition("aws-cn")
                        .json())
                .contains("\"Action\": [\"s3:GetObject\"], \"Resource\": \"arn:aws-cn:s3:::tekton-logs/east/shop/*\"")
                .doesNotContain("s3:Put");
    }

    @Test
    void tagsNeedTheirPermission() {
        S3BlobStoreConfig tagged =
                S3BlobStoreConfig.builder("tekton-logs").tag("team", "ci").build();
        assertThat(S3TenantPolicy.of(tagged, "shop").json()).contains("s3:PutObjectTagging");
    }

    @Test
    void anAccessPointNamesItsObjectsInItsOwnWay() {
        String point = "arn:aws:s3:eu-central-1:123456789012:accesspoint/logs";
        assertThat(S3TenantPolicy.of(S3BlobStoreConfig.builder(point).build(), "shop")
                        .json())
                .contains("\"" + point + "/object/shop/*\"")
                .contains("\"Resource\": \"" + point + "\"");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "*", "a*", "a/b", "${aws:username}", "a\"b", "..", "-"})
    void whatIsNoNamespaceIsRefused(String namespace) {
        assertThatThrownBy(() -> S3TenantPolicy.of(config, namespace)).isInstanceOf(ResultsException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "*", "aws\"", "azure"})
    void whatIsNoPartitionIsRefused(String partition) {
        assertThatThrownBy(() -> S3TenantPolicy.of(config, "shop").partition(partition))
                .isInstanceOf(ResultsException.class);
    }
}
