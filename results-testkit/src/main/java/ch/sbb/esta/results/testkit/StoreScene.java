package ch.sbb.esta.results.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.sbb.esta.results.ListQuery;
import ch.sbb.esta.results.Page;
import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.RecordName;
import ch.sbb.esta.results.Result;
import ch.sbb.esta.results.ResultName;
import ch.sbb.esta.results.ResultNaming;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.RunPlacement;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.spi.Quarantine;
import ch.sbb.esta.results.spi.ResultsStore;
import ch.sbb.esta.results.testkit.ResultsStoreContract.Ability;
import java.time.Instant;
import java.time.InstantSource;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeEach;

/** An empty store before each test of its contract, and what those tests share. */
abstract class StoreScene {

    static final String P = "11111111-0000-4000-8000-000000000001";
    static final String Q = "11111111-0000-4000-8000-000000000002";
    static final String T = "11111111-0000-4000-8000-000000000003";
    static final ResultName RESULT = new ResultName(SampleRun.NAMESPACE, P);

    final ManualClock clock = new ManualClock(Instant.parse("2026-03-01T12:00:00.123456789Z"));

    @SuppressWarnings("NullAway.Init") // set before each test
    ResultsStore store;

    /**
     * Makes a store without rows; called before each test.
     *
     * @param clock what the store must take the time from
     * @return an empty store
     * @throws Exception when the backend cannot be had; the test fails
     */
    protected abstract ResultsStore newStore(InstantSource clock) throws Exception;

    /**
     * Where the store of the running test puts what it refuses.
     *
     * @return its quarantine
     */
    protected abstract Quarantine quarantine();

    /**
     * What the store can do. What it cannot it must refuse with {@code INVALID}, which is tested instead.
     *
     * @return all, unless overridden
     */
    protected Set<Ability> abilities() {
        return Set.of(Ability.values());
    }

    @BeforeEach
    final void makeStore() throws Exception {
        store = newStore(clock);
    }

    final boolean can(Ability ability) {
        return abilities().contains(ability);
    }

    static RunPlacement placed(byte[] json) {
        return ResultNaming.defaults().place(RunSnapshot.parse(json));
    }

    final Instant now() {
        return clock.instant().truncatedTo(ChronoUnit.MICROS);
    }

    final Result result(ResultName name) {
        return store.findResult(name).orElseThrow();
    }

    final Record record(RecordName name) {
        return store.findRecord(name).orElseThrow();
    }

    final List<Record> records() {
        return all(ListQuery.of(SampleRun.NAMESPACE + "/results/-"), store::listRecords);
    }

    static <T> List<T> all(ListQuery query, Function<ListQuery, Page<T>> list) {
        List<T> items = new ArrayList<>();
        Optional<String> token = Optional.of("");
        while (token.isPresent()) {
            Page<T> page = list.apply(query.pageToken(token.get()));
            assertThat(page.items().size()).isLessThanOrEqualTo(query.pageSize());
            items.addAll(page.items());
            token = page.nextPageToken();
        }
        return items;
    }

    static <T> List<T> inParallel(List<Supplier<T>> calls) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(calls.size());
        try {
            CountDownLatch start = new CountDownLatch(calls.size());
            List<Future<T>> futures = new ArrayList<>();
            for (Supplier<T> call : calls) {
                futures.add(threads.submit(() -> {
                    start.countDown();
                    start.await();
                    return call.get();
                }));
            }
            List<T> results = new ArrayList<>();
            for (Future<T> future : futures) {
                results.add(future.get(60, TimeUnit.SECONDS));
            }
            return results;
        } finally {
            threads.shutdownNow();
        }
    }

    static void assertFails(Code code, String offender, ThrowingCallable call) {
        assertThatThrownBy(call).isInstanceOfSatisfying(ResultsException.class, e -> {
            assertThat(e.code()).as(e.toString()).isEqualTo(code);
            assertThat(e).hasMessageContaining(offender);
            assertThat(e.isRetryable()).isFalse();
        });
    }
}
