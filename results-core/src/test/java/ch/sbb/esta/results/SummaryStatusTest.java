package ch.sbb.esta.results;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class SummaryStatusTest {

    private static SummaryStatus of(String status, String reason) {
        return SummaryStatus.of(Optional.of(new Condition("Succeeded", status, reason, "")));
    }

    @ParameterizedTest
    @CsvSource({
        "True, Succeeded, SUCCESS",
        "True, Completed, SUCCESS",
        "True, ChildPipelineRunCreated, SUCCESS",
        "True, '', SUCCESS",
        "False, TaskRunTimeout, TIMEOUT",
        "False, PipelineRunTimeout, TIMEOUT",
        "False, CustomRunTimedOut, TIMEOUT",
        "False, TaskRunCancelled, CANCELLED",
        "False, Cancelled, CANCELLED",
        "False, CustomRunCancelled, CANCELLED",
        "False, PipelineRunCancelled, CANCELLED",
        "False, Failed, FAILURE",
        "False, TaskRunResolutionFailed, FAILURE",
        "False, TaskRunValidationFailed, FAILURE",
        "False, TaskValidationFailed, FAILURE",
        "False, ResourceVerificationFailed, FAILURE",
        "False, ExceededResourceQuota, FAILURE",
        "False, ExceededNodeResources, FAILURE",
        "False, PullImageFailed, FAILURE",
        "False, CreateContainerConfigError, FAILURE",
        "False, PodCreationFailed, FAILURE",
        "False, PodAdmissionFailed, FAILURE",
        "False, StepFailed, FAILURE",
        "False, PodEvicted, FAILURE",
        "False, '', FAILURE",
        "Unknown, Running, UNKNOWN",
        "Unknown, PullImageFailed, UNKNOWN",
        "Unknown, ExceededNodeResources, UNKNOWN",
        "Unknown, Cancelled, UNKNOWN",
        "Unknown, PipelineRunTimeout, UNKNOWN",
        "'', Succeeded, UNKNOWN",
        "true, Succeeded, UNKNOWN"
    })
    void isReadOffTheCondition(String status, String reason, SummaryStatus expected) {
        assertThat(of(status, reason)).isEqualTo(expected);
    }

    @Test
    void isUnknownWithoutACondition() {
        assertThat(SummaryStatus.of(Optional.empty())).isEqualTo(SummaryStatus.UNKNOWN);
    }

    @ParameterizedTest
    @EnumSource
    void hasTheNumbersOfTektonResults(SummaryStatus status) {
        assertThat(status.number()).isEqualTo(status.ordinal());
        assertThat(SummaryStatus.of(status.number())).isEqualTo(status);
    }

    @Test
    void isUnknownForNumbersOfLaterVersions() {
        assertThat(SummaryStatus.of(5)).isEqualTo(SummaryStatus.UNKNOWN);
        assertThat(SummaryStatus.of(-1)).isEqualTo(SummaryStatus.UNKNOWN);
    }
}
