package ch.sbb.esta.results.prune;

import static org.assertj.core.api.Assertions.assertThat;

import ch.sbb.esta.results.RunSnapshot;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class RunDetailsTest {

    @Test
    void aKeyWithHalfOfASurrogatePairHidesNothing() {
        RunSnapshot run = RunSnapshot.parse("""
                {"apiVersion":"tekton.dev/v1","kind":"TaskRun","\\ud800":{"\\udc00":1},
                 "metadata":{"namespace":"ci","name":"build","uid":"u","finalizers":["held"],"annotations":{"\\ud800":"\\udfff"}},
                 "status":{"podName":"build-pod","conditions":[
                  {"type":"Succeeded","status":"True","lastTransitionTime":"2026-06-01T00:00:00Z"}]}}""".getBytes(StandardCharsets.UTF_8));
        RunDetails details = RunDetails.of(run);
        assertThat(details.finalizers()).containsExactly("held");
        assertThat(details.pods()).containsExactly("build-pod");
        assertThat(RunDetails.end(run)).isPresent();
    }
}
