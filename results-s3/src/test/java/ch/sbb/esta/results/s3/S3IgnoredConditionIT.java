package ch.sbb.esta.results.s3;

import ch.sbb.esta.results.s3.S3Probe.Condition;
import ch.sbb.esta.results.testkit.s3.S3Server.ConditionalPuts;

/** A store that overwrites whatever the condition says. */
class S3IgnoredConditionIT extends SingleWriterScenes {

    S3IgnoredConditionIT() {
        super(ConditionalPuts.IGNORED, Condition.IGNORED);
    }
}
