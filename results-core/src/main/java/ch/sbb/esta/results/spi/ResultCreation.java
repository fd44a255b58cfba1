package ch.sbb.esta.results.spi;

import ch.sbb.esta.results.RecordSummary;
import ch.sbb.esta.results.Result;
import ch.sbb.esta.results.ResultName;
import java.util.Map;
import java.util.Optional;

/**
 * Adds Results before there is any run of them: a further ability of a {@link ResultsStore}, whose rules hold here too.
 *
 * <p><b>Idempotency.</b> Creating what is there changes nothing.
 */
public interface ResultCreation {

    /**
     * Creates a Result unless it is there.
     *
     * @param name the Result
     * @param annotations its annotations
     * @param summary what it says of its top-level run; empty for nothing
     * @return the Result as it is now: the new one, or the one that was there, whatever it holds
     */
    Result createResult(ResultName name, Map<String, String> annotations, Optional<RecordSummary> summary);
}
