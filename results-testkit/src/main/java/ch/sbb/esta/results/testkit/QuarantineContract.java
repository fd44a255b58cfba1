package ch.sbb.esta.results.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.sbb.esta.results.ArchiveOutcome;
import ch.sbb.esta.results.Page;
import ch.sbb.esta.results.QuarantinedRun;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.spi.Quarantine;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What every {@link Quarantine} must do. A provider's test extends this class and says how to get an empty one. */
public abstract class QuarantineContract {

    private static final Instant TIME = Instant.parse("2026-03-01T12:00:00.123456Z");

    @SuppressWarnings("NullAway.Init") // set before each test
    private Quarantine quarantine;

    /** For subclasses. */
    protected QuarantineContract() {}

    /**
     * Makes a quarantine without entries; called before each test.
     *
     * @return an empty quarantine
     * @throws Exception when the backend cannot be had; the test fails
     */
    protected abstract Quarantine newQuarantine() throws Exception;

    @BeforeEach
    final void makeQuarantine() throws Exception {
        quarantine = newQuarantine();
    }

    @Test
    final void anEntryComesBackAsItWentIn() {
        byte[] bytes = {0, -1, '{', (byte) 0xc3, '\n'};
        QuarantinedRun entry = entry("ci", "not UTF-8 at byte 1", bytes, TIME);

        quarantine.put(entry);

        QuarantinedRun found = quarantine.find(entry.id()).orElseThrow();
        assertThat(found.id()).isEqualTo(entry.id());
        assertThat(found.namespace()).isEqualTo("ci");
        assertThat(found.code()).isEqualTo(Code.INVALID);
        assertThat(found.reason()).isEqualTo("not UTF-8 at byte 1");
        assertThat(found.data()).isEqualTo(bytes);
        assertThat(found.time()).isEqualTo(TIME);
    }

    @Test
    final void theSameObjectForTheSameReasonIsKeptOnceWithItsLastTime() {
        QuarantinedRun first = entry("ci", "r", "x");
        QuarantinedRun again = entry("ci", "r", "x".getBytes(StandardCharsets.UTF_8), TIME.plusSeconds(5));

        quarantine.put(first);
        quarantine.put(again);

        assertThat(quarantine.list("", 10).items()).hasSize(1);
        assertThat(quarantine.find(first.id()).orElseThrow().time()).isEqualTo(TIME.plusSeconds(5));
    }

    @Test
    final void theSameObjectForAnotherReasonIsAnotherEntry() {
        quarantine.put(entry("", "one", "x"));
        quarantine.put(entry("", "two", "x"));

        assertThat(quarantine.list("", 10).items()).hasSize(2);
    }

    @Test
    final void pagesPutTogetherAreAllEntriesById() {
        for (int i = 0; i < 11; i++) {
            quarantine.put(entry("", "r", "object " + i));
        }
        List<String> ids = new ArrayList<>();
        Optional<String> after = Optional.of("");
        while (after.isPresent()) {
            Page<QuarantinedRun> page = quarantine.list(after.get(), 3);
            assertThat(page.items()).hasSizeLessThanOrEqualTo(3);
            page.items().forEach(entry -> ids.add(entry.id()));
            after = page.nextPageToken();
        }

        assertThat(ids).hasSize(11).isSorted().doesNotHaveDuplicates();
    }

    @Test
    final void aDeletedEntryIsGoneAndDeletingItAgainDoesNothing() {
        QuarantinedRun entry = entry("", "r", "x");
        quarantine.put(entry);

        quarantine.delete(entry.id());
        quarantine.delete(entry.id());

        assertThat(quarantine.find(entry.id())).isEmpty();
        assertThat(quarantine.list("", 10).items()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "'; DROP TABLE esta_quarantine; --", "\u0000", "\ud800"})
    final void anIdThatIsNotThereIsNotFound(String id) {
        assertThat(quarantine.find(id)).isEmpty();
        quarantine.delete(id);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1, 1001})
    final void aLimitOutOfRangeIsInvalid(int limit) {
        assertThatThrownBy(() -> quarantine.list("", limit))
                .isInstanceOfSatisfying(
                        ResultsException.class, e -> assertThat(e.code()).isEqualTo(Code.INVALID))
                .hasMessageContaining("" + limit);
    }

    private static QuarantinedRun entry(String namespace, String reason, String data) {
        return entry(namespace, reason, data.getBytes(StandardCharsets.UTF_8), TIME);
    }

    private static QuarantinedRun entry(String namespace, String reason, byte[] data, Instant time) {
        return QuarantinedRun.of(namespace, ArchiveOutcome.quarantined(Code.INVALID, reason), data, time);
    }
}
