package ch.sbb.esta.results.prune;

import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.Page;
import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.RecordName;
import ch.sbb.esta.results.Result;
import ch.sbb.esta.results.ResultName;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.spi.ResultsReader;
import java.util.Optional;

/** A store that cannot be reached. */
final class AwayStore implements ResultsReader {

    private static ResultsException away() {
        return new ResultsException(Code.UNAVAILABLE, "the store is away");
    }

    @Override
    public Optional<Result> findResult(ResultName name) {
        throw away();
    }

    @Override
    public Optional<Record> findRecord(RecordName name) {
        throw away();
    }

    @Override
    public Page<Result> listResults(ListQuery query) {
        throw away();
    }

    @Override
    public Page<Record> listRecords(ListQuery query) {
        throw away();
    }
}
