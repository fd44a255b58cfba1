package ch.sbb.esta.results.testkit.kube;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.sbb.esta.results.testkit.kube.KubeHttp.Answer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.OffsetDateTime;
import java.time.temporal.ChronoUnit;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * What the logs of pods must do, told by plain HTTP. Needs a cluster that runs containers: a kubelet, a scheduler, service accounts and an image with a shell.
 *
 * <p>The scripts of the containers use {@code echo}, {@code printf}, {@code sleep} and {@code exit} only, one after the other with semicolons, so that the kit's
 * own server can be tested with a stand-in for the kubelet.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
public abstract class PodLogConformance {

    private static final Duration PATIENCE = Duration.ofSeconds(120);
    private static final String TIMESTAMP = "[0-9-]{10}T[0-9:]{8}\\.[0-9]{9}(Z|[+-][0-9]{2}:[0-9]{2})";

    private final String namespace =
            "conformance-logs-" + Long.toString(ThreadLocalRandom.current().nextLong(1L << 40), 36);
    private final String pods = "/api/v1/namespaces/" + namespace + "/pods";
    private final AtomicInteger names = new AtomicInteger();
    private KubeHttp http = new KubeHttp(new KubeConnection("http://127.0.0.1", "", "", "", ""));

    /** For subclasses. */
    protected PodLogConformance() {}

    /**
     * The cluster to test. Asked once, before the first test.
     *
     * @return how to reach it
     */
    protected abstract KubeConnection connection();

    /**
     * The image whose shell runs the scripts.
     *
     * @return an image that the cluster can pull; {@code busybox:1.36} unless a subclass names another
     */
    protected String image() {
        return "busybox:1.36";
    }

    @BeforeAll
    final void makeNamespace() {
        http = new KubeHttp(connection());
        Answer made = http.post(
                "/api/v1/namespaces",
                ConformanceFixture.json(
                        "{'apiVersion':'v1','kind':'Namespace','metadata':{'name':'" + namespace + "'}}"));
        assertThat(made.code()).as("%s", made).isEqualTo(201);
    }

    @AfterAll
    final void removeNamespace() {
        http.delete("/api/v1/namespaces/" + namespace);
    }

    /** Runs a pod with a container of each script: c0, c1 and so on. */
    private String run(String... scripts) {
        String name = "p-" + names.incrementAndGet();
        ObjectNode pod = ConformanceFixture.json("{'apiVersion':'v1','kind':'Pod','metadata':{'name':'" + name
                + "'},'spec':{'restartPolicy':'Never','containers':[]}}");
        for (int i = 0; i < scripts.length; i++) {
            ObjectNode container =
                    Json.child(pod, "spec").withArray("containers").addObject();
            container.put("name", "c" + i).put("image", image());
            container.putArray("command").add("sh").add("-c").add(scripts[i]);
        }
        create(pod);
        return name;
    }

    private void create(ObjectNode pod) {
        // The default service account of a new namespace takes a moment.
        await("the pod to be admitted").atMost(PATIENCE).untilAsserted(() -> {
            Answer made = http.post(pods, pod);
            assertThat(made.code()).as("%s", made).isEqualTo(201);
        });
    }

    private void awaitState(String pod, String state) {
        await(pod + " to be " + state)
                .atMost(PATIENCE)
                .untilAsserted(() -> assertThat(
                                http.get(pods + "/" + pod).body().at("/status/containerStatuses"))
                        .isNotEmpty()
                        .allSatisfy(status ->
                                assertThat(status.path("state").has(state)).isTrue()));
    }

    private String text(String pod, String query) {
        Answer answer = http.get(pods + "/" + pod + "/log" + query);
        assertThat(answer.code()).as("%s", answer).isEqualTo(200);
        return answer.body().asText();
    }

    private static void assertBadRequest(Answer answer, String message) {
        ConformanceFixture.assertStatus(answer, 400, "BadRequest");
        assertThat(answer.at("/message")).contains(message);
    }

    @Test
    final void theWholeLogIsPlainText() {
        String pod = run("echo one; echo two; printf three");
        awaitState(pod, "terminated");
        assertThat(text(pod, "")).isEqualTo("one\ntwo\nthree");
        assertThat(text(pod, "?container=c0")).isEqualTo("one\ntwo\nthree");
        assertThat(http.open(pods + "/" + pod + "/log").headers().firstValue("Content-Type"))
                .hasValueSatisfying(type -> assertThat(type).startsWith("text/plain"));
    }

    @Test
    final void ofSeveralContainersOneMustBeNamed() {
        String pod = run("echo zero", "echo one");
        awaitState(pod, "terminated");
        assertBadRequest(
                http.get(pods + "/" + pod + "/log"),
                "a container name must be specified for pod " + pod + ", choose one of: [c0 c1]");
        assertBadRequest(http.get(pods + "/" + pod + "/log?container=c7"), "container c7 is not valid for pod " + pod);
        assertThat(text(pod, "?container=c1")).isEqualTo("one\n");
    }

    @Test
    final void anAbsentPodHasNoLog() {
        ConformanceFixture.assertStatus(http.get(pods + "/absent/log"), 404, "NotFound");
    }

    @Test
    final void aContainerThatCannotStartHasNoLog() {
        ObjectNode pod = ConformanceFixture.json(
                "{'apiVersion':'v1','kind':'Pod','metadata':{'name':'never'},'spec':{'containers':["
                        + "{'name':'c0','image':'registry.invalid/absent:1'}]}}");
        create(pod);
        awaitState("never", "waiting");
        assertBadRequest(http.get(pods + "/never/log"), "container \"c0\" in pod \"never\" is waiting to start: ");
    }

    @Test
    final void withoutARestartThereIsNoPreviousLog() {
        String pod = run("echo one");
        awaitState(pod, "terminated");
        assertBadRequest(
                http.get(pods + "/" + pod + "/log?previous=true"),
                "previous terminated container \"c0\" in pod \"" + pod + "\" not found");
    }

    @Test
    final void linesCanBeTimestamped() {
        String pod = run("echo one; echo two");
        awaitState(pod, "terminated");
        List<String> lines = text(pod, "?timestamps=true").lines().toList();
        assertThat(lines).hasSize(2);
        assertThat(lines.get(0)).matches(TIMESTAMP + " one");
        assertThat(lines.get(1)).matches(TIMESTAMP + " two");
    }

    @Test
    final void aLogCanBeCutByLinesAndBytes() {
        String pod = run("echo one; echo two; echo three");
        awaitState(pod, "terminated");
        assertThat(text(pod, "?tailLines=2")).isEqualTo("two\nthree\n");
        assertThat(text(pod, "?tailLines=0")).isEmpty();
        assertThat(text(pod, "?limitBytes=5")).isEqualTo("one\nt");
        assertThat(text(pod, "?tailLines=2&limitBytes=3")).isEqualTo("two");
        assertThat(http.get(pods + "/" + pod + "/log?limitBytes=0").code()).isEqualTo(422);
        assertThat(http.get(pods + "/" + pod + "/log?tailLines=-1").code()).isEqualTo(422);
    }

    @Test
    final void sinceTimeIsInclusiveAndOfWholeSeconds() {
        String pod = run("echo one; sleep 3; echo two");
        awaitState(pod, "terminated");
        String second = text(pod, "?timestamps=true").lines().toList().get(1);
        OffsetDateTime time = OffsetDateTime.parse(second.substring(0, second.indexOf(' ')));
        String sameSecond = time.truncatedTo(ChronoUnit.SECONDS).toString();
        assertThat(text(pod, "?sinceTime=" + KubeHttp.encode(time.toString()))).isEqualTo("two\n");
        assertThat(text(
                        pod,
                        "?sinceTime="
                                + KubeHttp.encode(
                                        OffsetDateTime.parse(sameSecond).toString())))
                .isEqualTo("two\n");
        String later =
                time.truncatedTo(ChronoUnit.SECONDS).plusSeconds(1).toInstant().toString();
        assertThat(text(pod, "?sinceTime=" + later)).isEmpty();
        assertThat(http.get(pods + "/" + pod + "/log?sinceSeconds=0").code()).isEqualTo(422);
    }

    @Test
    final void aFollowDeliversWhatIsWrittenAndEndsWithTheContainer() throws IOException {
        String pod = run("echo one; sleep 2; echo two; sleep 1; printf three");
        awaitState(pod, "running");
        try (InputStream log = http.open(pods + "/" + pod + "/log?follow=true").body()) {
            assertThat(new String(log.readNBytes(8), StandardCharsets.UTF_8)).isEqualTo("one\ntwo\n");
            assertThat(http.get(pods + "/" + pod)
                            .body()
                            .at("/status/containerStatuses/0/state")
                            .has("running"))
                    .isTrue();
            assertThat(new String(log.readAllBytes(), StandardCharsets.UTF_8)).isEqualTo("three");
        }
        awaitState(pod, "terminated");
    }

    @Test
    final void aTerminatingPodStillHasItsLog() {
        String pod = run("echo one; sleep 60");
        awaitState(pod, "running");
        await().atMost(PATIENCE).untilAsserted(() -> assertThat(text(pod, "")).isEqualTo("one\n"));
        JsonNode deleted =
                http.delete(pods + "/" + pod, "{\"gracePeriodSeconds\":5}").body();
        assertThat(deleted.at("/metadata/deletionGracePeriodSeconds").asInt()).isEqualTo(5);
        assertThat(text(pod, "")).isEqualTo("one\n");
        await("the pod to be gone")
                .atMost(PATIENCE)
                .untilAsserted(() ->
                        assertThat(http.get(pods + "/" + pod + "/log").code()).isEqualTo(404));
    }
}
