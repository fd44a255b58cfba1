package ch.sbb.esta.results.testkit;

import static org.assertj.core.api.Assertions.assertThat;

import ch.sbb.esta.results.LogVolume;
import ch.sbb.esta.results.ResultName;
import ch.sbb.esta.results.logs.PlainLogs;
import ch.sbb.esta.results.logs.SegmentedLogs;
import ch.sbb.esta.results.retention.Retention;
import ch.sbb.esta.results.retention.RetentionReport;
import ch.sbb.esta.results.retention.RetentionRules;
import ch.sbb.esta.results.spi.BlobStore;
import ch.sbb.esta.results.spi.ResultsReader;
import ch.sbb.esta.results.spi.ResultsStore;
import ch.sbb.esta.results.spi.RetentionStore;
import ch.sbb.esta.results.testkit.fault.FaultyBlobStore;
import ch.sbb.esta.results.testkit.fault.FaultyBlobStore.Moment;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * What retention and a store must do together when the process dies at any point, or when a call fails: the next run reaches the same end.
 * A provider's test extends this class and says how to get an empty store, which is a {@link RetentionStore} too.
 */
public abstract class RetentionCrashContract {

    private static final Map<String, String> KEEP = Map.of(Retention.KEEP_ANNOTATION, "true");
    private static final int MOST_CALLS = 500;

    private static final Instant START = RetentionScene.after(Duration.ofDays(31));

    private final ManualClock clock = new ManualClock(START);

    @SuppressWarnings("NullAway.Init") // set before each test
    private RetentionScene scene;

    /** For subclasses. */
    protected RetentionCrashContract() {}

    /**
     * Makes a store without rows; called before each test.
     *
     * @param clock what the store must take the time from
     * @return an empty store, which is a {@link RetentionStore} too
     * @throws Exception when the backend cannot be had; the test fails
     */
    protected abstract ResultsStore newStore(InstantSource clock) throws Exception;

    @BeforeEach
    final void makeScene() throws Exception {
        clock.set(START);
        scene = new RetentionScene(newStore(clock));
    }

    @AfterEach
    final void closeScene() {
        scene.close();
    }

    private Retention retention(ResultsReader reader, RetentionStore store, BlobStore blobs, SegmentedLogs logs) {
        return Retention.builder(reader, store, RetentionRules.keepFor(Duration.ofDays(30)))
                .logs(logs)
                .logs(new PlainLogs(reader, logs, blobs))
                .clock(clock)
                .build();
    }

    private Retention retention() {
        return retention(scene.store(), scene.retention(), scene.blobs(), scene.logs());
    }

    @Test
    final void aRunGoesWithItsRowsAndLogsAndTheOthersStay() {
        ResultName old = scene.play("old", Map.of());
        ResultName kept = scene.play("kept", KEEP);
        ResultName unfinished = scene.playUnfinished("unfinished");
        Map<String, Long> blobsOfKept = scene.blobsOf("kept");
        Map<String, Long> blobsOfOld = scene.blobsOf("old");
        long bytes = blobsOfOld.values().stream().mapToLong(Long::longValue).sum();

        RetentionReport report = retention().run();

        assertThat(report.expired()).as(report.toString()).isEqualTo(1);
        scene.assertGone(old);
        scene.assertWhole(kept, blobsOfKept);
        assertThat(scene.recordsOf(unfinished)).isEqualTo(2);
        assertThat(scene.blobsOf("unfinished")).isNotEmpty();
        assertThat(report.failures()).isEmpty();
        assertThat(report.halted()).isEmpty();
        assertThat(report.expired()).isEqualTo(1);
        assertThat(report.kept()).isEqualTo(1);
        assertThat(report.expiredByPolicy()).isEqualTo(Map.of(RetentionRules.DEFAULT, 1L));
        assertThat(report.rows()).isEqualTo(6);
        assertThat(report.logs()).isEqualTo(new LogVolume(blobsOfOld.size(), bytes));
        assertThat(retention().run().expired()).isZero();
    }

    @Test
    final void aPreviewSaysTheSameAndChangesNothing() {
        ResultName old = scene.play("old", Map.of());
        scene.play("kept", KEEP);
        Map<String, Long> blobs = scene.blobsOf("old");

        RetentionReport preview = retention().preview();

        scene.assertWhole(old, blobs);
        assertThat(scene.isMarked(old)).isFalse();
        RetentionReport report = retention().run();
        assertThat(preview.expired()).isEqualTo(report.expired()).isEqualTo(1);
        assertThat(preview.rows()).isEqualTo(report.rows());
        assertThat(preview.logs()).isEqualTo(report.logs());
        assertThat(preview.kept()).isEqualTo(report.kept());
        assertThat(preview.mode()).isEqualTo(RetentionReport.Mode.PREVIEW);
    }

    @ParameterizedTest
    @EnumSource(Moment.class)
    final void aProcessThatDiesAtAnyCallLeavesWhatTheNextRunFinishes(Moment moment) {
        ResultName kept = scene.play("kept", KEEP);
        Map<String, Long> blobsOfKept = scene.blobsOf("kept");
        boolean crashed = true;
        int call = 0;
        while (crashed) {
            call++;
            assertThat(call).as("calls of one run").isLessThan(MOST_CALLS);
            ResultName old = scene.play("run" + call, Map.of());
            Map<String, Long> blobs = scene.blobsOf(old.result());

            crashed = isCrashing(new CrashPoint(call, moment));

            scene.assertNothingBroken(old, blobs);
            RetentionReport second = retention().run();
            assertThat(second.failures()).as("after a crash at call %s", call).isEmpty();
            scene.assertGone(old);
            scene.assertWhole(kept, blobsOfKept);
        }
        assertThat(call).as("calls that were tried").isGreaterThan(20);
    }

    private boolean isCrashing(CrashPoint crash) {
        BlobStore blobs = crash.over(scene.blobs());
        try (SegmentedLogs logs = new SegmentedLogs(blobs)) {
            ResultsReader reader = crash.over((ResultsReader) scene.store());
            RetentionReport report = retention(reader, crash.over(scene.retention()), blobs, logs)
                    .run();
            assertThat(report.failures()).isEmpty();
            return false;
        } catch (CrashPoint.Crash e) {
            return true;
        }
    }

    @ParameterizedTest
    @EnumSource(Moment.class)
    final void aBlobStoreThatFailsAtAnyCallIsReportedAndTheNextRunFinishes(Moment moment) {
        ResultName kept = scene.play("kept", KEEP);
        Map<String, Long> blobsOfKept = scene.blobsOf("kept");
        long failing = 0;
        boolean failed = true;
        while (failed) {
            failing++;
            assertThat(failing).as("calls of one run").isLessThan(MOST_CALLS);
            ResultName old = scene.play("run" + failing, Map.of());
            ResultName other = scene.play("other" + failing, Map.of());
            Map<String, Long> blobs = scene.blobsOf(old.result());
            FaultyBlobStore faulty = new FaultyBlobStore(scene.blobs());
            try (SegmentedLogs logs = new SegmentedLogs(faulty)) {
                faulty.failCall(failing, moment);

                RetentionReport report = retention(scene.store(), scene.retention(), faulty, logs)
                        .run();

                failed = report.failureCount() > 0;
                assertThat(report.expired()).isEqualTo(failed ? 1 : 2);
                assertThat(report.halted()).isEmpty();
            }
            scene.assertNothingBroken(old, blobs);
            assertThat(retention().run().failures()).isEmpty();
            scene.assertGone(old);
            scene.assertGone(other);
            scene.assertWhole(kept, blobsOfKept);
        }
        assertThat(failing).as("calls that were tried").isGreaterThan(20);
    }

    @Test
    final void logsThatWereStoredAgainGoWithTheTombstone() {
        ResultName old = scene.play("old", Map.of());
        assertThat(retention().run().expired()).isEqualTo(1);
        scene.playLogs("old-t1");
        assertThat(scene.blobsOf("old-t1")).isNotEmpty();

        clock.advance(Duration.ofDays(91));
        RetentionReport report = retention().run();

        assertThat(report.tombstonesRemoved()).isEqualTo(3);
        assertThat(scene.blobsOf("old-t1")).isEmpty();
        assertThat(scene.store().findResult(old)).isEmpty();
        assertThat(scene.retention().findTombstone("ci", "old-t1")).isEmpty();
    }
}
