package ch.sbb.esta.results.grpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class GrpcOptionsTest {

    @Test
    void allMistakesAreReportedAtOnce() {
        GrpcOptions.Builder builder = GrpcOptions.builder()
                .callTimeout(Duration.ZERO)
                .listTimeout(Duration.ofSeconds(-1))
                .maxRequestBytes(0)
                .maxResponseBytes(1023)
                .tokenOverPlaintext();

        assertThatThrownBy(builder::build)
                .hasMessageContaining("callTimeout is PT0S")
                .hasMessageContaining("listTimeout is PT-1S")
                .hasMessageContaining("maxRequestBytes is 0")
                .hasMessageContaining("maxResponseBytes is 1023")
                .hasMessageContaining("no bearerToken");
    }

    @Test
    void theTextNeverHoldsTheToken() {
        GrpcOptions options = GrpcOptions.builder().bearerToken(() -> "s3cr3t").build();

        assertThat(options).asString().contains("bearerToken=supplied").doesNotContain("s3cr3t");
    }
}
