package ch.sbb.esta.results.grpc.server;

import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.RecordName;
import ch.sbb.esta.results.RecordSummary;
import ch.sbb.esta.results.Result;
import ch.sbb.esta.results.ResultName;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.internal.JsonTree;
import ch.sbb.esta.results.spi.RecordCreation;
import ch.sbb.esta.results.spi.ResultCreation;
import ch.sbb.esta.results.spi.ResultsReader;
import ch.sbb.esta.results.spi.ResultsStore;
import io.grpc.Status;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * A store with the manners of the protocol, where ours are milder: what is there is not created again, what is not there is not deleted,
 * and an update may come without an etag.
 */
final class ServedStore {

    private static final int LOCKS = 64;
    private static final int ATTEMPTS = 10;

    private final ResultsStore store;

    /** Two callers of this process that create the same thing come one after the other, so that the second is told. */
    private final ReentrantLock[] creating =
            Stream.generate(ReentrantLock::new).limit(LOCKS).toArray(ReentrantLock[]::new);

    ServedStore(ResultsStore store) {
        this.store = store;
    }

    ResultsReader reader() {
        return store;
    }

    Result createResult(ResultName name, Map<String, String> annotations, Optional<RecordSummary> summary) {
        if (!(store instanceof ResultCreation creation)) {
            throw unable("Results");
        }
        return alone(name, () -> {
            if (store.findResult(name).isPresent()) {
                throw exists(name);
            }
            Result created = creation.createResult(name, annotations, summary);
            if (!created.annotations().equals(annotations) || !created.summary().equals(summary)) {
                throw exists(name);
            }
            return created;
        });
    }

    Record createRecord(RecordName name, String type, byte[] data) {
        if (!(store instanceof RecordCreation creation)) {
            throw unable("Records");
        }
        return alone(name, () -> {
            if (store.findRecord(name).isPresent()) {
                throw exists(name);
            }
            Record created;
            try {
                created = creation.createRecord(name, type, data);
            } catch (ResultsException e) {
                if (e.code() == Code.NOT_FOUND) {
                    throw new ResultsException(
                            Code.CONFLICT, "the Result " + name.result() + " does not exist; create it first", e);
                }
                throw e;
            }
            // Somebody of another process was faster.
            if (!created.type().equals(type) || !JsonTree.isSame(Messages.json(created.data()), Messages.json(data))) {
                throw exists(name);
            }
            return created;
        });
    }

    private <T> T alone(Object name, Supplier<T> work) {
        ReentrantLock lock = creating[Math.floorMod(name.hashCode(), LOCKS)];
        lock.lock();
        try {
            return work.get();
        } finally {
            lock.unlock();
        }
    }

    Result updateResult(
            ResultName name, Map<String, String> annotations, Optional<RecordSummary> summary, String etag) {
        return updated(
                etag,
                () -> store.findResult(name).map(Result::stored).orElseThrow(() -> ResultsException.notFound(name)),
                current -> store.updateResult(name, annotations, summary, current));
    }

    Record updateRecord(RecordName name, String type, byte[] data, String etag) {
        return updated(
                etag,
                () -> store.findRecord(name).map(Record::stored).orElseThrow(() -> ResultsException.notFound(name)),
                current -> store.updateRecord(name, type, data, current));
    }

    /** Without an etag the update is meant for whatever is there, so a lost race is run again. */
    private static <T> T updated(String etag, Supplier<Result.Stored> current, Function<String, T> update) {
        if (!etag.isEmpty()) {
            return update.apply(etag);
        }
        for (int attempt = 1; ; attempt++) {
            try {
                return update.apply(current.get().etag());
            } catch (ResultsException e) {
                if (e.code() != Code.CONFLICT || attempt == ATTEMPTS) {
                    throw e;
                }
            }
        }
    }

    void deleteResult(ResultName name) {
        if (store.findResult(name).isEmpty()) {
            throw ResultsException.notFound(name);
        }
        store.deleteResult(name);
    }

    void deleteRecord(RecordName name) {
        if (store.findRecord(name).isEmpty()) {
            throw ResultsException.notFound(name);
        }
        store.deleteRecord(name);
    }

    private static ResultsException exists(Object name) {
        return new ResultsException(Code.ALREADY_EXISTS, name + " exists already");
    }

    private static RuntimeException unable(String what) {
        return Status.UNIMPLEMENTED
                .withDescription("the store behind this server does not create " + what)
                .asRuntimeException();
    }
}
