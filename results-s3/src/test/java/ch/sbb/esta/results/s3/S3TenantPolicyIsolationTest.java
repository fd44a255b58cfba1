package ch.sbb.esta.results.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.sbb.esta.results.ResultsException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What a tenant's policy allows, asked for the actions of S3 that we know of and for keys of itself, of another tenant and of nobody. */
class S3TenantPolicyIsolationTest {

    /** On objects, by their names in the service authorization reference. */
    private static final List<String> ON_OBJECTS = List.of(
            "AbortMultipartUpload",
            "BypassGovernanceRetention",
            "DeleteObject",
            "DeleteObjectTagging",
            "DeleteObjectVersion",
            "DeleteObjectVersionTagging",
            "GetObject",
            "GetObjectAcl",
            "GetObjectAttributes",
            "GetObjectLegalHold",
            "GetObjectRetention",
            "GetObjectTagging",
            "GetObjectTorrent",
            "GetObjectVersion",
            "GetObjectVersionAcl",
            "GetObjectVersionAttributes",
            "GetObjectVersionForReplication",
            "GetObjectVersionTagging",
            "GetObjectVersionTorrent",
            "InitiateReplication",
            "ListMultipartUploadParts",
            "ObjectOwnerOverrideToBucketOwner",
            "PutObject",
            "PutObjectAcl",
            "PutObjectLegalHold",
            "PutObjectRetention",
            "PutObjectTagging",
            "PutObjectVersionAcl",
            "PutObjectVersionTagging",
            "ReplicateDelete",
            "ReplicateObject",
            "ReplicateTags",
            "RestoreObject");

    /** On buckets and accounts, where a prefix can be a condition or not. */
    private static final List<String> ON_BUCKETS = List.of(
            "CreateAccessPoint",
            "CreateBucket",
            "CreateJob",
            "DeleteBucket",
            "DeleteBucketPolicy",
            "DeleteBucketWebsite",
            "GetAccelerateConfiguration",
            "GetAccessPoint",
            "GetAnalyticsConfiguration",
            "GetBucketAcl",
            "GetBucketCORS",
            "GetBucketLocation",
            "GetBucketLogging",
            "GetBucketNotification",
            "GetBucketObjectLockConfiguration",
            "GetBucketOwnershipControls",
            "GetBucketPolicy",
            "GetBucketPolicyStatus",
            "GetBucketPublicAccessBlock",
            "GetBucketRequestPayment",
            "GetBucketTagging",
            "GetBucketVersioning",
            "GetBucketWebsite",
            "GetEncryptionConfiguration",
            "GetIntelligentTieringConfiguration",
            "GetInventoryConfiguration",
            "GetLifecycleConfiguration",
            "GetMetricsConfiguration",
            "GetReplicationConfiguration",
            "ListAllMyBuckets",
            "ListBucketMultipartUploads",
            "ListBucketVersions",
            "PutAccelerateConfiguration",
            "PutAnalyticsConfiguration",
            "PutBucketAcl",
            "PutBucketCORS",
            "PutBucketLogging",
            "PutBucketNotification",
            "PutBucketObjectLockConfiguration",
            "PutBucketOwnershipControls",
            "PutBucketPolicy",
            "PutBucketPublicAccessBlock",
            "PutBucketRequestPayment",
            "PutBucketTagging",
            "PutBucketVersioning",
            "PutBucketWebsite",
            "PutEncryptionConfiguration",
            "PutIntelligentTieringConfiguration",
            "PutInventoryConfiguration",
            "PutLifecycleConfiguration",
            "PutMetricsConfiguration",
            "PutReplicationConfiguration");

    private static final Set<String> READING = Set.of("GetObject");
    private static final Set<String> WRITING = Set.of("GetObject", "PutObject", "DeleteObject", "AbortMultipartUpload");
    private static final Set<String> TAGGING =
            Set.of("GetObject", "PutObject", "PutObjectTagging", "DeleteObject", "AbortMultipartUpload");

    private static final String POINT = "arn:aws:s3:eu-central-1:123456789012:accesspoint/logs";

    /** One tenant's policy, and how its bucket and objects are named in it. */
    private record Case(IamPolicy policy, String folder, String bucketArn, String objectArn, Set<String> allowed) {

        static Case of(S3TenantPolicy policy, S3BlobStoreConfig config, String namespace, Set<String> allowed) {
            boolean point = config.bucket().startsWith("arn:");
            String bucket = point ? config.bucket() : "arn:aws:s3:::" + config.bucket();
            return new Case(
                    new IamPolicy(policy.json()),
                    config.prefix() + namespace + "/",
                    bucket,
                    bucket + (point ? "/object/" : "/"),
                    allowed);
        }

        boolean allowsOn(String action, String key) {
            return policy.allows("s3:" + action, objectArn + key, Map.of());
        }

        boolean lists(String prefix) {
            return policy.allows("s3:ListBucket", bucketArn, Map.of("s3:prefix", prefix));
        }
    }

    private static List<Case> cases(String prefix, String namespace) {
        List<Case> cases = new ArrayList<>();
        for (String bucket : List.of("tekton-logs", POINT)) {
            S3BlobStoreConfig plain =
                    S3BlobStoreConfig.builder(bucket).prefix(prefix).build();
            S3BlobStoreConfig tagged = S3BlobStoreConfig.builder(bucket)
                    .prefix(prefix)
                    .tag("team", "ci")
                    .build();
            cases.add(Case.of(S3TenantPolicy.of(plain, namespace), plain, namespace, WRITING));
            cases.add(Case.of(S3TenantPolicy.of(tagged, namespace), tagged, namespace, TAGGING));
            cases.add(Case.of(S3TenantPolicy.of(tagged, namespace).readOnly(), tagged, namespace, READING));
        }
        return cases;
    }

    private static List<String> keysOf(String folder) {
        return List.of(
                folder + "u-1/p/step-build/00000000000000000000.log.gz",
                folder + "x",
                folder,
                folder + "../x",
                folder + "*",
                folder + "?");
    }

    private static void assertShutOff(String prefix, String namespace, String other) {
        String base = prefix.isEmpty() ? "" : prefix + "/";
        for (Case tenant : cases(prefix, namespace)) {
            String what = tenant.folder() + " of " + tenant.bucketArn();
            for (String action : ON_OBJECTS) {
                assertThat(keysOf(tenant.folder()))
                        .as("%s on own objects, %s", action, what)
                        .allMatch(key ->
                                tenant.allowsOn(action, key) == tenant.allowed().contains(action));
                List<String> foreign = new ArrayList<>(keysOf(base + other + "/"));
                foreign.addAll(List.of(
                        base + namespace,
                        base + namespace + "x",
                        base + "x",
                        namespace.toUpperCase(Locale.ROOT) + "/x",
                        "elsewhere/" + tenant.folder() + "x",
                        "x",
                        "",
                        "*"));
                assertThat(foreign)
                        .as("%s on foreign objects, %s", action, what)
                        .noneMatch(key -> tenant.allowsOn(action, key));
                assertThat(tenant.policy()
                                .allows(
                                        "s3:" + action,
                                        "arn:aws:s3:::another-bucket/" + tenant.folder() + "x",
                                        Map.of()))
                        .isFalse();
            }
            for (String action : ON_BUCKETS) {
                assertThat(List.of(tenant.bucketArn(), "arn:aws:s3:::another-bucket", "*"))
                        .as("%s, %s", action, what)
                        .noneMatch(bucket ->
                                tenant.policy().allows("s3:" + action, bucket, Map.of("s3:prefix", tenant.folder())));
            }
            assertThat(List.of(tenant.folder(), tenant.folder() + "u-1/", tenant.folder() + "u"))
                    .as("own lists, %s", what)
                    .allMatch(tenant::lists);
            assertThat(List.of(
                            "",
                            "/",
                            base,
                            base + namespace,
                            base + namespace + "-",
                            base + other,
                            base + other + "/",
                            base + other + "/u-1/",
                            "*",
                            "?"))
                    .as("foreign lists, %s", what)
                    .noneMatch(tenant::lists);
            assertThat(tenant.policy().allows("s3:ListBucket", tenant.bucketArn(), Map.of()))
                    .as("a list of everything, %s", what)
                    .isFalse();
            assertThat(tenant.policy()
                            .allows(
                                    "s3:ListBucket",
                                    "arn:aws:s3:::another-bucket",
                                    Map.of("s3:prefix", tenant.folder())))
                    .isFalse();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "'', team-a, team-b",
        "'', team-a, team-a-b",
        "'', team-a-b, team-a",
        "east, team-a, team-a-b",
        "east, east, east-1",
        "east/team-a, team-a, team-a-b",
        "east, a, aa",
        "East.1/_, 0, 00",
        "east, team_a, team-a",
    })
    void aTenantHasItsOwnFolderAndNothingOfAnother(String prefix, String namespace, String other) {
        assertShutOff(prefix, namespace, other);
        assertShutOff(prefix, other, namespace);
    }

    @Test
    void twoStoresBelowEachOtherAreShutOff() {
        S3BlobStoreConfig above = S3BlobStoreConfig.builder("tekton-logs").build();
        S3BlobStoreConfig below =
                S3BlobStoreConfig.builder("tekton-logs").prefix("east").build();
        Case tenant = Case.of(S3TenantPolicy.of(below, "shop"), below, "shop", WRITING);
        Case another = Case.of(S3TenantPolicy.of(above, "shop"), above, "shop", WRITING);
        assertThat(another.allowsOn("GetObject", "east/shop/x")).isFalse();
        assertThat(tenant.allowsOn("GetObject", "shop/x")).isFalse();
        assertThat(another.lists("east/shop/")).isFalse();
        assertThat(tenant.lists("shop/")).isFalse();
    }

    @Test
    void whateverTwoNamespacesAreCalledTheyAreShutOff() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        String letters = "ab0-_";
        for (int round = 0; round < 10; round++) {
            String namespace = name(random, letters);
            String other = name(random, letters);
            if (!namespace.equals(other)) {
                try {
                    assertShutOff(random.nextBoolean() ? "" : "east", namespace, other);
                } catch (AssertionError e) {
                    throw new AssertionError("seed " + seed + ": " + namespace + " and " + other, e);
                }
            }
        }
    }

    private static String name(Random random, String letters) {
        StringBuilder name = new StringBuilder("a");
        for (int i = random.nextInt(4); i > 0; i--) {
            name.append(letters.charAt(random.nextInt(letters.length())));
        }
        return name.append('b').toString();
    }

    /** What would be a pattern, a variable, another path or an end of the JSON. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "*",
                "?",
                "team-*",
                "team-?",
                "team-a/*",
                "team-a/",
                "a/../b",
                "${aws:username}",
                "a\\",
                "a\"",
                "A"
            })
    void whatWouldBeAPatternIsNoNamespace(String namespace) {
        S3BlobStoreConfig config = S3BlobStoreConfig.builder("tekton-logs").build();
        assertThatThrownBy(() -> S3TenantPolicy.of(config, namespace))
                .isInstanceOfSatisfying(
                        ResultsException.class, e -> assertThat(e.code()).isEqualTo(ResultsException.Code.INVALID));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"*", "east*", "east?", "${aws:username}", "east/../west", "east//west", "/east", "e\"", "e\\"})
    void whatWouldBeAPatternIsNoPrefix(String prefix) {
        assertThatThrownBy(() ->
                        S3BlobStoreConfig.builder("tekton-logs").prefix(prefix).build())
                .isInstanceOf(ResultsException.class);
    }

    @ParameterizedTest
    @ValueSource(strings = {"*", "logs*", "logs?", "arn:aws:s3:::*", "arn:aws:s3:::logs?", "logs/x", "${aws:username}"})
    void whatWouldBeAPatternIsNoBucket(String bucket) {
        assertThatThrownBy(() -> S3BlobStoreConfig.builder(bucket).build()).isInstanceOf(ResultsException.class);
    }
}
