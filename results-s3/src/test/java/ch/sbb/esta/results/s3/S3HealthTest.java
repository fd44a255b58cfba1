package ch.sbb.esta.results.s3;

import static org.assertj.core.api.Assertions.assertThat;

import ch.sbb.esta.results.s3.S3Health.Writers;
import ch.sbb.esta.results.s3.S3Probe.Condition;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class S3HealthTest {

    @ParameterizedTest
    @CsvSource({
        "HONOURED, HONOURED, MANY, 'any number of writers: the store refuses to overwrite'",
        // Ceph before it knew the condition at completions.
        "HONOURED, IGNORED, MANY, large blobs are guarded by a look beforehand only",
        "HONOURED, REFUSED, MANY, large blobs are guarded by a look beforehand only",
        "HONOURED, UNSUPPORTED, MANY, 'any number of writers: the store refuses to overwrite'",
        "IGNORED, HONOURED, ONE, single-writer mode",
        "IGNORED, IGNORED, ONE, single-writer mode",
        "REFUSED, UNSUPPORTED, ONE, single-writer mode",
    })
    void whatAProbeHasShownDecidesHowManyMayWrite(Condition put, Condition multipart, Writers writers, String summary) {
        S3Health health = S3Health.of(new S3Probe(put, multipart));
        assertThat(health.writers()).isEqualTo(writers);
        assertThat(health.summary()).contains(summary);
        assertThat(health.summary().contains("beforehand")).isEqualTo(summary.contains("beforehand"));
    }
}
