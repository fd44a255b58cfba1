package ch.sbb.esta.results.spi;

import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.RecordName;

/**
 * Adds Records that are no runs, such as those of logs: a further ability of a {@link ResultsStore}, whose rules hold here too.
 *
 * <p><b>Idempotency.</b> Creating what is there changes nothing.
 */
public interface RecordCreation {

    /**
     * Creates a Record unless it is there.
     *
     * @param name the Record, in a Result that exists
     * @param type the type of its data, for example {@code results.tekton.dev/v1alpha3.Log}
     * @param data the object as UTF-8 JSON
     * @return the Record as it is now: the new one, or the one that was there, whatever it holds
     * @throws ch.sbb.esta.results.ResultsException {@code NOT_FOUND} when there is no such Result, {@code INVALID} when the data is not
     *     JSON
     */
    Record createRecord(RecordName name, String type, byte[] data);
}
