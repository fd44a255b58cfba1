package ch.sbb.esta.results.testkit.kube;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.awaitility.Durations.ONE_MINUTE;

import ch.sbb.esta.results.testkit.ManualClock;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Logs under conditions that a real kubelet meets but cannot be asked for. */
class ContainerLogsTest {

    private static final Instant START = Instant.parse("2026-01-01T00:00:00.123456789Z");
    private static final String LOG = "/api/v1/namespaces/default/pods/p/log";

    private final ManualClock clock = new ManualClock(START);
    private final KubeApiServer server =
            KubeApiServer.builder().clock(clock).logZone(ZoneOffset.ofHours(1)).start();
    private final KubeHttp http = new KubeHttp(KubeConnection.to(server));
    private final PodStatuses statuses = new PodStatuses(server, "default", "p", "c");

    ContainerLogsTest() {
        server.create(
                ConformanceFixture.json(
                        "{'apiVersion':'v1','kind':'Pod','metadata':{'name':'p','namespace':'default'},'spec':{'containers':[{'name':'c'}]}}"));
    }

    @AfterEach
    void close() {
        server.close();
    }

    private void write(String text) {
        server.appendLog("default", "p", "c", text.getBytes(StandardCharsets.UTF_8));
    }

    private String read(String query) {
        KubeHttp.Answer answer = http.get(LOG + query);
        assertThat(answer.code()).as("%s", answer).isEqualTo(200);
        return answer.body().asText();
    }

    @Test
    void whatIsNotYetALineIsNotYetInTheLog() {
        statuses.running();
        write("one\ntw");
        assertThat(read("")).isEqualTo("one\n");
        write("o\nthree");
        assertThat(read("")).isEqualTo("one\ntwo\n");
        statuses.terminated(0);
        assertThat(read("")).isEqualTo("one\ntwo\nthree");
        assertThatThrownBy(() -> write("four"))
                .isInstanceOf(KubeApiException.class)
                .hasMessageContaining("terminated");
    }

    @Test
    void aLongLineIsSplitAndJoinedUnderOneTimestamp() {
        statuses.running();
        String line = "x".repeat(40_000);
        write(line + "\nnext\n");
        assertThat(read("?timestamps=true"))
                .isEqualTo(
                        "2026-01-01T01:00:00.123456789+01:00 " + line + "\n2026-01-01T01:00:00.123456789+01:00 next\n");
    }

    @Test
    void aReadThatBeginsInsideALongLineBeginsWithoutTimestamp() {
        statuses.running();
        write("x".repeat(ContainerLogFile.LONGEST_ENTRY));
        clock.advance(Duration.ofSeconds(10));
        write("tail\nnext\n");
        assertThat(read("?timestamps=true&sinceTime=2026-01-01T00:00:05Z"))
                .isEqualTo("tail\n2026-01-01T01:00:10.123456789+01:00 next\n");
    }

    @Test
    void linesWrittenAfterAClockWentBackAreNotFoundBySinceTime() {
        statuses.running();
        write("one\n");
        clock.advance(Duration.ofSeconds(-30));
        write("two\n");
        clock.set(START);
        write("three\n");
        assertThat(read("?sinceTime=2026-01-01T00:00:00Z")).isEqualTo("one\nthree\n");
        assertThat(read("?sinceSeconds=60")).isEqualTo("one\ntwo\nthree\n");
    }

    @Test
    void aRestartBeginsANewLogAndKeepsThePrevious() {
        statuses.running();
        write("first\nunfinished");
        statuses.restarted(1);
        write("second\n");
        assertThat(read("")).isEqualTo("second\n");
        assertThat(read("?previous=true")).isEqualTo("first\nunfinished");
        statuses.restarted(2);
        assertThat(read("")).isEmpty();
        assertThat(read("?previous=true")).isEqualTo("second\n");
    }

    @Test
    void aWaitingContainerSaysWhatItWaitsFor() {
        assertThat(http.get(LOG).at("/message")).isEqualTo("container \"c\" in pod \"p\" is not available");
        statuses.waiting("PodInitializing");
        assertThat(http.get(LOG).at("/message"))
                .isEqualTo("container \"c\" in pod \"p\" is waiting to start: PodInitializing");
        statuses.waiting("ImagePullBackOff");
        assertThat(http.get(LOG).at("/message"))
                .isEqualTo("container \"c\" in pod \"p\" is waiting to start: trying and failing to pull image");
    }

    @Test
    void aLargeLogOfAnyBytesComesBackAsItIs() throws IOException {
        statuses.running();
        byte[] written = new byte[5_000_000];
        new Random(7).nextBytes(written);
        CompletableFuture<byte[]> read = new CompletableFuture<>();
        Thread reader = new Thread(() -> {
            try (InputStream log = http.open(LOG + "?follow=true").body()) {
                read.complete(log.readAllBytes());
            } catch (IOException e) {
                read.completeExceptionally(e);
            }
        });
        reader.setDaemon(true);
        reader.start();
        int[] pieces = new Random(8).ints(2_000, 1, 4_000).toArray();
        int at = 0;
        for (int i = 0; at < written.length; i++) {
            int length = Math.min(pieces[i % pieces.length], written.length - at);
            server.appendLog("default", "p", "c", Arrays.copyOfRange(written, at, at + length));
            at += length;
        }
        statuses.terminated(0);
        assertThat(read.join()).isEqualTo(written);
        try (InputStream log = http.open(LOG).body()) {
            assertThat(log.readAllBytes()).isEqualTo(written);
        }
    }

    @Test
    void aFollowEndsWhenThePodIsRemoved() throws IOException {
        statuses.running();
        write("one\n");
        try (InputStream log = http.open(LOG + "?follow=true").body()) {
            assertThat(log.readNBytes(4)).hasSize(4);
            write("two");
            server.delete(KubeReference.pod("default", "p"), ConformanceFixture.json("{'gracePeriodSeconds':0}"));
            assertThat(new String(log.readAllBytes(), StandardCharsets.UTF_8)).isEqualTo("two");
        }
        assertThat(http.get(LOG).code()).isEqualTo(404);
    }

    @Test
    void aDeletedPodStaysForItsGracePeriod() {
        statuses.running();
        server.delete(KubeReference.pod("default", "p"));
        assertThat(http.get("/api/v1/namespaces/default/pods/p").at("/metadata/deletionTimestamp"))
                .isEqualTo("2026-01-01T00:00:30Z");
        assertThat(read("")).isEmpty();
        clock.advance(Duration.ofSeconds(31));
        await().atMost(ONE_MINUTE)
                .untilAsserted(() -> assertThat(http.get(LOG).code()).isEqualTo(404));
    }

    @Test
    void aFollowerThatDoesNotReadHoldsNobodyUp() throws IOException {
        statuses.running();
        String line = "x".repeat(999) + "\n";
        try (InputStream slow = http.open(LOG + "?follow=true").body()) {
            for (int i = 0; i < 20_000; i++) {
                write(line);
            }
            assertThat(read("?tailLines=1")).isEqualTo(line);
            statuses.terminated(0);
            assertThat(slow.readAllBytes()).hasSize(20_000_000);
        }
    }

    private NodeLog node() {
        return server.nodeLog("default", "p", "c");
    }

    @Test
    void behindARotationOnlyTheNewestFileIsServed() {
        statuses.running();
        write("old\nbeg");
        node().rotate();
        assertThat(read("")).isEmpty();
        write("un\nnew\n");
        assertThat(read("")).isEqualTo("begun\nnew\n");
        statuses.terminated(0);
        node().rotate();
        assertThat(read("")).as("who has ended writes no new file").isEqualTo("begun\nnew\n");
    }

    @Test
    void aFollowAtItsEndGoesOnWithTheNewestFile() throws IOException {
        statuses.running();
        write("one\n");
        try (InputStream log = http.open(LOG + "?follow=true").body()) {
            assertThat(new String(log.readNBytes(4), StandardCharsets.UTF_8)).isEqualTo("one\n");
            write("two\n");
            assertThat(new String(log.readNBytes(4), StandardCharsets.UTF_8)).isEqualTo("two\n");
            node().rotate();
            write("three\n");
            assertThat(new String(log.readNBytes(6), StandardCharsets.UTF_8)).isEqualTo("three\n");
            statuses.terminated(0);
            assertThat(log.read()).isNegative();
        }
    }

    @Test
    void twoRotationsBehindASlowReaderLoseTheMiddleAndNobodyIsTold() throws IOException {
        statuses.running();
        String line = "x".repeat(999) + "\n";
        try (InputStream log = http.open(LOG + "?follow=true").body()) {
            write("begun\n");
            assertThat(log.readNBytes(6)).hasSize(6);
            for (int i = 0; i < 20_000; i++) {
                write(line);
            }
            node().rotate();
            write("lost\n");
            node().rotate();
            write("seen\n");
            statuses.terminated(0);
            String rest = new String(log.readAllBytes(), StandardCharsets.UTF_8);
            assertThat(rest).hasSize(20_000_005).endsWith("x\nseen\n");
        }
    }

    @Test
    void aRotationBeforeAFollowsFirstEndLeavesItOnTheDeadFile() throws IOException {
        statuses.running();
        String line = "x".repeat(999) + "\n";
        for (int i = 0; i < 20_000; i++) {
            write(line);
        }
        try (InputStream log = http.open(LOG + "?follow=true").body()) {
            node().rotate();
            write("never seen\n");
            assertThat(log.readNBytes(20_000_000)).hasSize(20_000_000);
            statuses.terminated(0);
            assertThat(log.read()).isNegative();
        }
    }

    @Test
    void largeFilesAreRotatedFromTimeToTime() {
        try (KubeApiServer rotating =
                KubeApiServer.builder().rotateLogs(10, Duration.ofMillis(20)).start()) {
            rotating.create(
                    ConformanceFixture.json(
                            "{'apiVersion':'v1','kind':'Pod','metadata':{'name':'p','namespace':'default'},'spec':{'containers':[{'name':'c'}]}}"));
            new PodStatuses(rotating, "default", "p", "c").running();
            KubeHttp client = new KubeHttp(KubeConnection.to(rotating));
            rotating.appendLog("default", "p", "c", "more than ten bytes\n".getBytes(StandardCharsets.UTF_8));
            await().atMost(ONE_MINUTE)
                    .untilAsserted(
                            () -> assertThat(client.get(LOG).body().asText()).isEmpty());
            rotating.appendLog("default", "p", "c", "short\n".getBytes(StandardCharsets.UTF_8));
            assertThat(client.get(LOG).body().asText()).isEqualTo("short\n");
        }
    }

    @Test
    void anAnswerCanEndEarlyBreakOrBeASentence() throws IOException {
        statuses.running();
        write("one\ntwo\n");
        node().fault(LogFault.endAfter(5));
        node().fault(LogFault.sentence("unable to retrieve container logs for containerd://1"));
        node().fault(LogFault.refuse(502, "bad gateway"));
        node().fault(LogFault.resetAfter(3));
        assertThat(read("?follow=true")).isEqualTo("one\nt");
        assertThat(read("")).isEqualTo("unable to retrieve container logs for containerd://1");
        assertThat(http.get(LOG).code()).isEqualTo(502);
        try (InputStream log = http.open(LOG + "?follow=true").body()) {
            assertThatThrownBy(log::readAllBytes).isInstanceOf(IOException.class);
        }
        assertThat(read("")).isEqualTo("one\ntwo\n");
    }

    @Test
    void anAnswerCanStallAndBeCut() throws IOException {
        statuses.running();
        write("one\ntwo\n");
        node().fault(LogFault.stallAfter(4));
        try (InputStream stalled = http.open(LOG + "?follow=true").body();
                InputStream well = http.open(LOG + "?follow=true").body()) {
            assertThat(stalled.readNBytes(4)).hasSize(4);
            assertThat(well.readNBytes(8)).hasSize(8);
            statuses.terminated(0);
            assertThat(well.read()).isNegative();
            await().atMost(ONE_MINUTE).until(() -> node().openStreams() == 1);
            node().resetStreams();
            assertThatThrownBy(stalled::read).isInstanceOf(IOException.class);
        }
        try (InputStream log = http.open(LOG).body()) {
            assertThat(log.readAllBytes()).hasSize(8);
        }
        assertThat(node().openStreams()).isZero();
    }

    @Test
    void everyStreamOfAContainerCanBeEnded() throws IOException {
        statuses.running();
        try (InputStream log = http.open(LOG + "?follow=true").body()) {
            write("one\n");
            assertThat(log.readNBytes(4)).hasSize(4);
            node().endStreams();
            assertThat(log.read()).isNegative();
        }
    }
}
