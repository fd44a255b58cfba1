package ch.sbb.esta.results.s3;

import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.InstanceOfAssertFactories.type;

import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.s3.S3Probe.Condition;
import ch.sbb.esta.results.spi.BlobStore.Content;
import ch.sbb.esta.results.testkit.s3.S3Server.ConditionalPuts;
import org.junit.jupiter.api.Test;

/** A store that answers a condition with 501. */
class S3RefusedConditionIT extends SingleWriterScenes {

    S3RefusedConditionIT() {
        super(ConditionalPuts.REFUSED, Condition.REFUSED);
    }

    @Test
    void withoutAProbeTheErrorAsksForOne() {
        assertThatThrownBy(() -> unprobed().putIfAbsent("a", Content.of(new byte[] {1})))
                .hasMessageContaining("probe it first")
                .asInstanceOf(type(ResultsException.class))
                .extracting(ResultsException::code)
                .isEqualTo(Code.INVALID);
    }
}
