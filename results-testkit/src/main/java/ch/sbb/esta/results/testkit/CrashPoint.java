package ch.sbb.esta.results.testkit;

import ch.sbb.esta.results.Expiry;
import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.Page;
import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.RecordName;
import ch.sbb.esta.results.Result;
import ch.sbb.esta.results.ResultName;
import ch.sbb.esta.results.Tombstone;
import ch.sbb.esta.results.spi.BlobStore;
import ch.sbb.esta.results.spi.ResultsReader;
import ch.sbb.esta.results.spi.RetentionStore;
import ch.sbb.esta.results.testkit.fault.FaultyBlobStore.Moment;
import java.io.InputStream;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * The process dies at a certain call to the store or to the blobs, counted over both: that call, before or after its effect, and every
 * one behind it end with an error that nobody catches. Not thread-safe.
 */
final class CrashPoint {

    private final long at;
    private final Moment moment;
    private long calls;

    /** What a dead process would throw. */
    static final class Crash extends Error {

        private static final long serialVersionUID = 1L;

        Crash(long call) {
            super("the process died at call " + call);
        }
    }

    /** @param at the call at which it dies, from 1 on */
    CrashPoint(long at, Moment moment) {
        this.at = at;
        this.moment = moment;
    }

    private <T> T call(Supplier<T> work) {
        calls++;
        if (calls > at || (calls == at && moment == Moment.BEFORE)) {
            throw new Crash(calls);
        }
        T result = work.get();
        if (calls == at) {
            throw new Crash(calls);
        }
        return result;
    }

    private void run(Runnable work) {
        boolean done = call(() -> {
            work.run();
            return true;
        });
        assert done;
    }

    BlobStore over(BlobStore store) {
        return new BlobStore() {
            @Override
            public Put putIfAbsent(String key, Content content) {
                return call(() -> store.putIfAbsent(key, content));
            }

            @Override
            public InputStream get(String key) {
                return call(() -> store.get(key));
            }

            @Override
            public InputStream getRange(String key, long offset, long length) {
                return call(() -> store.getRange(key, offset, length));
            }

            @Override
            public Optional<Blob> find(String key) {
                return call(() -> store.find(key));
            }

            @Override
            public Page<Blob> list(String prefix, String afterKey) {
                return call(() -> store.list(prefix, afterKey));
            }

            @Override
            public void delete(String key) {
                run(() -> store.delete(key));
            }
        };
    }

    ResultsReader over(ResultsReader reader) {
        return new ResultsReader() {
            @Override
            public Optional<Result> findResult(ResultName name) {
                return call(() -> reader.findResult(name));
            }

            @Override
            public Optional<Record> findRecord(RecordName name) {
                return call(() -> reader.findRecord(name));
            }

            @Override
            public Page<Result> listResults(ListQuery query) {
                return call(() -> reader.listResults(query));
            }

            @Override
            public Page<Record> listRecords(ListQuery query) {
                return call(() -> reader.listRecords(query));
            }
        };
    }

    RetentionStore over(RetentionStore store) {
        return new RetentionStore() {
            @Override
            public boolean mark(Expiry expiry, Sighting seen) {
                return call(() -> store.mark(expiry, seen));
            }

            @Override
            public Page<Expiry> listMarked(String parent, String after, int limit) {
                return call(() -> store.listMarked(parent, after, limit));
            }

            @Override
            public long deleteMarked(ResultName result) {
                return call(() -> store.deleteMarked(result));
            }

            @Override
            public Optional<Tombstone> findTombstone(String namespace, String uid) {
                return call(() -> store.findTombstone(namespace, uid));
            }

            @Override
            public Page<Tombstone> listTombstones(String parent, Instant before, String after, int limit) {
                return call(() -> store.listTombstones(parent, before, after, limit));
            }

            @Override
            public void deleteTombstones(List<Tombstone> tombstones) {
                run(() -> store.deleteTombstones(tombstones));
            }
        };
    }
}
