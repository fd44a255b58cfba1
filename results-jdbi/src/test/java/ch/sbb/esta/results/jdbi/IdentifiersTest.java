package ch.sbb.esta.results.jdbi;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.util.PasswordUtil;

class IdentifiersTest {

    @Test
    void quotesAreDoubledAndNothingElseChanges() {
        assertThat(Identifiers.quote("a")).isEqualTo("\"a\"");
        assertThat(Identifiers.quote("a\"; DROP TABLE b; --")).isEqualTo("\"a\"\"; DROP TABLE b; --\"");
        assertThatIllegalArgumentException().isThrownBy(() -> Identifiers.quote("a\0b"));
    }

    @Test
    void aVerifierBecomesALiteral() {
        String verifier = PasswordUtil.encodeScramSha256("secret".toCharArray());

        assertThat(Identifiers.verifierLiteral(verifier))
                .startsWith("'SCRAM-SHA-256$4096:")
                .endsWith("'");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "a'b", "a\\b", "a b", "ä"})
    void anythingElseIsNoneAndIsNotRepeated(String text) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> Identifiers.verifierLiteral(text))
                .withMessage("no SCRAM verifier");
    }
}
