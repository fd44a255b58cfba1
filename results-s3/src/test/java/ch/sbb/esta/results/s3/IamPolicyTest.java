package ch.sbb.esta.results.s3;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Map;
import org.junit.jupiter.api.Test;

/** The evaluator that the tests of policies rest on. */
class IamPolicyTest {

    private static final String KEY = "arn:aws:s3:::b/shop/x";

    private static IamPolicy policy(String... statements) {
        return new IamPolicy("{\"Version\":\"2012-10-17\",\"Statement\":["
                + String.join(",", statements).replace('\'', '"') + "]}");
    }

    private static boolean allows(IamPolicy policy, String action, String resource) {
        return policy.allows(action, resource, Map.of());
    }

    @Test
    void nothingIsAllowedThatNoStatementAllows() {
        IamPolicy policy = policy("{'Effect':'Allow','Action':'s3:Get*','Resource':'arn:aws:s3:::b/shop/*'}");
        assertThat(allows(policy, "s3:GetObject", KEY)).isTrue();
        assertThat(allows(policy, "S3:getobject", KEY)).isTrue();
        assertThat(allows(policy, "s3:GetObject", "arn:aws:s3:::b/shop/x/y")).isTrue();
        assertThat(allows(policy, "s3:GetObject", "arn:aws:s3:::b/shop/")).isTrue();
        assertThat(allows(policy, "s3:GetObject", "arn:aws:s3:::b/shop")).isFalse();
        assertThat(allows(policy, "s3:GetObject", "arn:aws:s3:::b/shop-b/x")).isFalse();
        assertThat(allows(policy, "s3:GetObject", "arn:aws:s3:::b/Shop/x")).isFalse();
        assertThat(allows(policy, "s3:PutObject", KEY)).isFalse();
        assertThat(allows(policy, "s3-object-lambda:GetObject", KEY)).isFalse();
    }

    @Test
    void aDenialIsStrongerThanWhateverAllows() {
        IamPolicy policy = policy(
                "{'Effect':'Deny','Action':['s3:PutObject','s3:DeleteObject'],'Resource':'*'}",
                "{'Effect':'Allow','Action':'*','Resource':'*'}");
        assertThat(allows(policy, "s3:GetObject", KEY)).isTrue();
        assertThat(allows(policy, "s3:DeleteObject", KEY)).isFalse();
    }

    @Test
    void whatIsExceptedIsNotMeant() {
        IamPolicy policy = policy(
                "{'Effect':'Allow','NotAction':'s3:Delete*','Resource':'*'}",
                "{'Effect':'Deny','Action':'*','NotResource':['arn:aws:s3:::b/shop/?','arn:aws:s3:::b/other']}");
        assertThat(allows(policy, "s3:GetObject", KEY)).isTrue();
        assertThat(allows(policy, "s3:GetObject", "arn:aws:s3:::b/other")).isTrue();
        assertThat(allows(policy, "s3:DeleteObject", KEY)).isFalse();
        assertThat(allows(policy, "s3:GetObject", KEY + "y")).isFalse();
    }

    @Test
    void allConditionsMustHold() {
        IamPolicy policy = policy("{'Effect':'Allow','Action':'s3:ListBucket','Resource':'arn:aws:s3:::b','Condition':"
                + "{'StringLike':{'s3:prefix':['shop/*','x?']},'StringEqualsIfExists':{'s3:delimiter':'/'}}}");
        String bucket = "arn:aws:s3:::b";
        assertThat(policy.allows("s3:ListBucket", bucket, Map.of("s3:prefix", "shop/")))
                .isTrue();
        assertThat(policy.allows("s3:ListBucket", bucket, Map.of("S3:Prefix", "xy", "s3:delimiter", "/")))
                .isTrue();
        assertThat(policy.allows("s3:ListBucket", bucket, Map.of("s3:prefix", "shop/", "s3:delimiter", "-")))
                .isFalse();
        assertThat(policy.allows("s3:ListBucket", bucket, Map.of("s3:prefix", "shop")))
                .isFalse();
        assertThat(policy.allows("s3:ListBucket", bucket, Map.of("s3:prefix", "xyz")))
                .isFalse();
        assertThat(policy.allows("s3:ListBucket", bucket, Map.of())).isFalse();
        IamPolicy denying = policy(
                "{'Effect':'Allow','Action':'*','Resource':'*'}",
                "{'Effect':'Deny','Action':'*','Resource':'*','Condition':{'StringNotLike':{'s3:prefix':'shop/*'}}}");
        assertThat(denying.allows("s3:ListBucket", bucket, Map.of("s3:prefix", "shop/a")))
                .isTrue();
        assertThat(denying.allows("s3:ListBucket", bucket, Map.of())).isFalse();
    }

    @Test
    void whatItDoesNotKnowFails() {
        IamPolicy unknown = policy(
                "{'Effect':'Allow','Action':'*','Resource':'*','Condition':{'NumericLessThan':{'s3:max-keys':'1'}}}");
        assertThatThrownBy(() -> allows(unknown, "s3:ListBucket", "arn:aws:s3:::b"))
                .hasMessageContaining("NumericLessThan");
        IamPolicy variable = policy("{'Effect':'Allow','Action':'*','Resource':'arn:aws:s3:::b/${aws:username}/*'}");
        assertThatThrownBy(() -> allows(variable, "s3:GetObject", KEY)).hasMessageContaining("aws:username");
        assertThatThrownBy(() -> policy("{'Effect':'Allow','Principal':'*','Action':'*','Resource':'*'}"))
                .isInstanceOf(IllegalArgumentException.class);
    }
}
