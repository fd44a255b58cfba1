package ch.sbb.esta.results.logs;

import static org.assertj.core.api.Assertions.assertThat;

import ch.sbb.esta.results.LogInfo;
import ch.sbb.esta.results.spi.LogWriter.LineMark;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class AnchorTest {

    private static final Instant START = Instant.parse("2026-11-20T10:00:00Z");

    private record Line(Instant time, String text) {}

    /** What a search found: the bytes that are new, or that the anchor did not come. */
    private record Outcome(boolean found, boolean passed, String fresh) {}

    @Test
    void thePlaceIsFoundWhereverTheStoredTextEndsAndTheAnswerBegins() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int round = 0; round < 2_000; round++) {
            List<Line> log = log(random, 1 + random.nextInt(150));
            String all = text(log, 0);
            int stored = 1 + random.nextInt(all.length());
            List<Line> known = cut(log, stored);
            int last = known.size() - 1;
            // The answer begins with a whole block of one timestamp, as behind a rotation or a filter by time.
            int from = random.nextInt(last + 1);
            while (from > 0 && log.get(from).time().equals(log.get(from - 1).time())) {
                from--;
            }
            Outcome outcome = search(known, log.subList(from, log.size()), random, exactRun(known));
            assertThat(outcome.found()).as("seed %d round %d", seed, round).isTrue();
            assertThat(outcome.fresh()).as("seed %d round %d", seed, round).isEqualTo(all.substring(stored));
        }
    }

    @Test
    void anAnswerFromTheBeginningIsFoundByTheNumberOfLinesWhenTheRunIsNotKnown() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        List<Line> log = new ArrayList<>();
        log.add(new Line(START, "before\n"));
        for (int i = 0; i < 1_000; i++) {
            log.add(new Line(START.plusSeconds(1), "same\n"));
        }
        List<Line> known = log.subList(0, 500);
        Anchor.Run run = Anchor.Run.of(marks(known), known.size());
        assertThat(run.exact()).isFalse();
        Outcome outcome = search(known, log, random, run);
        assertThat(outcome.found()).isTrue();
        assertThat(outcome.fresh()).as("seed %d", seed).isEqualTo("same\n".repeat(501));
    }

    @Test
    void anAnswerBehindTheStoredLinesIsNotMistaken() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int round = 0; round < 500; round++) {
            List<Line> log = log(random, 100);
            int from = 1 + random.nextInt(98);
            while (from < log.size()
                    && log.get(from).time().equals(log.get(from - 1).time())) {
                from++;
            }
            if (from == log.size()) {
                continue;
            }
            List<Line> known = log.subList(0, from);
            Outcome outcome = search(known, log.subList(from, log.size()), random, exactRun(known));
            assertThat(outcome.found()).as("seed %d round %d", seed, round).isFalse();
            // Under a clock that was set back, nothing need be newer.
            Instant highest =
                    known.stream().map(Line::time).max(Instant::compareTo).orElseThrow();
            boolean newer = log.subList(from, log.size()).stream()
                    .anyMatch(line -> line.time().isAfter(highest));
            assertThat(outcome.passed()).as("seed %d round %d", seed, round).isEqualTo(newer);
        }
    }

    @Test
    void aLineThatIsEqualButOfAnotherTimeIsNotThePlace() {
        List<Line> known = List.of(new Line(START, "a\n"), new Line(START.plusSeconds(1), "tick\n"));
        List<Line> answer = List.of(new Line(START.plusSeconds(2), "tick\n"));
        Outcome outcome = search(known, answer, new Random(1), exactRun(known));
        assertThat(outcome.found()).isFalse();
        assertThat(outcome.passed()).isTrue();
    }

    private static Outcome search(List<Line> known, List<Line> answer, Random random, Anchor.Run run) {
        List<LineMark> marks = marks(known);
        LogInfo.Extent extent = new LogInfo.Extent(
                text(known, 0).length(),
                known.size(),
                known.get(0).time(),
                known.stream().map(Line::time).max(Instant::compareTo).orElseThrow());
        Anchor anchor = new Anchor(marks, run, extent);
        StringBuilder fresh = new StringBuilder();
        for (Line line : answer) {
            if (!anchor.isFound()) {
                anchor.beginLine(line.time());
                if (anchor.isPassed()) {
                    return new Outcome(false, true, "");
                }
            }
            byte[] bytes = line.text().getBytes(StandardCharsets.UTF_8);
            for (int at = 0; at < bytes.length; ) {
                int piece = Math.min(bytes.length - at, 1 + random.nextInt(5));
                int old = anchor.isFound() ? 0 : anchor.content(bytes, at, piece);
                if (anchor.isFound()) {
                    fresh.append(new String(bytes, at + old, piece - old, StandardCharsets.UTF_8));
                }
                at += piece;
            }
            if (!anchor.isFound()) {
                anchor.endLine();
            }
        }
        return new Outcome(anchor.isFound(), false, fresh.toString());
    }

    /** Lines of which some are equal, some bear the same time, and sometimes the clock is set back. */
    private static List<Line> log(Random random, int lines) {
        List<Line> log = new ArrayList<>();
        Instant time = START;
        for (int i = 0; i < lines; i++) {
            int step = random.nextInt(20);
            time = step < 10
                    ? time
                    : step == 19 ? time.minusNanos(random.nextInt(1_000_000)) : time.plusNanos(1 + step);
            log.add(new Line(time, (random.nextBoolean() ? "same" : "line " + i) + "\n"));
        }
        return log;
    }

    private static List<Line> cut(List<Line> log, int bytes) {
        List<Line> known = new ArrayList<>();
        int left = bytes;
        for (Line line : log) {
            if (left <= 0) {
                break;
            }
            known.add(new Line(
                    line.time(),
                    line.text().substring(0, Math.min(left, line.text().length()))));
            left -= line.text().length();
        }
        return known;
    }

    private static Anchor.Run exactRun(List<Line> known) {
        long count = 0;
        for (int i = known.size() - 1;
                i >= 0 && known.get(i).time().equals(known.get(known.size() - 1).time());
                i--) {
            count++;
        }
        return new Anchor.Run(count, true);
    }

    private static List<LineMark> marks(List<Line> known) {
        return known.subList(Math.max(0, known.size() - LineMark.KEPT), known.size()).stream()
                .map(line -> {
                    byte[] bytes = line.text().getBytes(StandardCharsets.UTF_8);
                    return new LineMark(line.time(), bytes.length, TruncatingSink.hash(bytes, 0, bytes.length));
                })
                .toList();
    }

    private static String text(List<Line> lines, int from) {
        StringBuilder text = new StringBuilder();
        lines.subList(from, lines.size()).forEach(line -> text.append(line.text()));
        return text.toString();
    }
}
