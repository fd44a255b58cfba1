package ch.sbb.esta.results.testkit.kube;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.awaitility.Durations.ONE_MINUTE;

import ch.sbb.esta.results.testkit.ManualClock;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the server offers beside the API of a cluster, and behaviour that a test cannot bring about on a real one. */
class KubeApiServerTest {

    private static final String RUNS = "/apis/tekton.dev/v1/namespaces/default/taskruns";

    private KubeApiServer server = KubeApiServer.builder().start();
    private KubeHttp http = new KubeHttp(KubeConnection.to(server));

    @AfterEach
    void close() {
        server.close();
    }

    private void restart(KubeApiServer.Builder builder) {
        server.close();
        server = builder.start();
        http = new KubeHttp(KubeConnection.to(server));
    }

    private static ObjectNode taskRun(String name) {
        return ConformanceFixture.json("{'apiVersion':'tekton.dev/v1','kind':'TaskRun','metadata':{'name':'" + name
                + "','namespace':'default'},'spec':{}}");
    }

    @Test
    void whatIsNotAllowedIsRefusedBeforeAnythingIsSaidAboutIt() {
        List<KubeRequest> asked = new CopyOnWriteArrayList<>();
        restart(KubeApiServer.builder().authorizer(request -> {
            asked.add(request);
            return request.verb().equals("watch");
        }));
        KubeHttp.Answer refused = http.get("/api/v1/namespaces/default/secrets/absent");
        assertThat(refused.code()).isEqualTo(403);
        assertThat(refused.at("/message"))
                .isEqualTo(
                        "secrets \"absent\" is forbidden: User \"system:anonymous\" cannot get resource \"secrets\" in API group \"\" in the"
                                + " namespace \"default\"");
        http.get("/api/v1/secrets?fieldSelector=metadata.name%3Da");
        http.get(RUNS);
        http.put(RUNS + "/x/status", taskRun("x"));
        http.merge("/api/v1/namespaces/default", "{}");
        assertThat(http.get("/healthz").code()).isEqualTo(200);
        assertThat(asked)
                .containsExactly(
                        new KubeRequest("get", "", "secrets", "default", "absent"),
                        new KubeRequest("list", "", "secrets", "", "a"),
                        new KubeRequest("list", "tekton.dev", "taskruns", "default", ""),
                        new KubeRequest("update", "tekton.dev", "taskruns/status", "default", "x"),
                        new KubeRequest("patch", "", "namespaces", "default", "default"));
    }

    @Test
    void aLoadedObjectKeepsEverything() {
        ObjectNode run = ConformanceFixture.json(
                "{'apiVersion':'tekton.dev/v1beta1','kind':'PipelineRun','metadata':{'name':'x','namespace':'elsewhere','uid':'u-1','resourceVersion':'4711',"
                        + "'creationTimestamp':'2020-01-01T00:00:00Z','generation':3,'labels':{},'finalizers':[]},'status':{'x':1.10}}");
        server.load(run);
        for (String version : List.of("v1", "v1beta1")) {
            assertThat(http.get("/apis/tekton.dev/" + version + "/namespaces/elsewhere/pipelineruns/x")
                            .body())
                    .isEqualTo(run);
        }
        long next =
                server.create(taskRun("next")).at("/metadata/resourceVersion").asLong();
        assertThat(next).isGreaterThan(4711);
        ObjectNode older = taskRun("older");
        Json.child(older, "metadata").put("uid", "u-2").put("resourceVersion", "12");
        assertThat(server.load(older)).isEqualTo(older);
        assertThat(http.get(RUNS).body().at("/metadata/resourceVersion").asLong())
                .isGreaterThan(next);
    }

    @Test
    void aLoadedObjectIsConvertedOnceItIsChanged() {
        ObjectNode run = taskRun("x").put("apiVersion", "tekton.dev/v1beta1");
        server.load(run);
        assertThat(http.get(RUNS + "/x").at("/apiVersion")).isEqualTo("tekton.dev/v1beta1");
        KubeHttp.Answer echoed =
                http.put(RUNS + "/x/status", http.get(RUNS + "/x").body());
        assertThat(echoed.code()).as("%s", echoed).isEqualTo(200);
        KubeHttp.Answer patched = http.merge(RUNS + "/x", "{\"metadata\":{\"finalizers\":[\"example.com/keep\"]}}");
        assertThat(patched.code()).as("%s", patched).isEqualTo(200);
        assertThat(http.get(RUNS + "/x").at("/apiVersion")).isEqualTo("tekton.dev/v1");
        assertThat(http.get(RUNS.replace("v1", "v1beta1") + "/x").at("/apiVersion"))
                .isEqualTo("tekton.dev/v1beta1");
    }

    @Test
    void everyCapturedRunIsServedAsItWas() throws IOException {
        Path folder = Path.of("..", "..", "shared", "data", "runs");
        if (!Files.isDirectory(folder)) {
            return;
        }
        List<Path> files;
        try (Stream<Path> all = Files.list(folder)) {
            files = all.filter(file -> file.toString().endsWith(".json")).toList();
        }
        int loaded = 0;
        for (Path file : files) {
            ObjectNode object = Json.parseObject(Files.readAllBytes(file));
            KubeReference reference = KubeReference.of(object);
            boolean served = reference.apiVersion().matches("tekton\\.dev/v1(beta1)?")
                    && List.of("PipelineRun", "TaskRun", "CustomRun").contains(reference.kind());
            if (served
                    && object.at("/metadata").hasNonNull("uid")
                    && object.at("/metadata").hasNonNull("resourceVersion")) {
                server.load(object);
                assertThat(server.find(reference)).as("%s", file).contains(object);
                loaded++;
            }
        }
        assertThat(loaded).isGreaterThan(50);
    }

    @Test
    void directWritesFollowTheRulesOfRequests() {
        ObjectNode created = server.create(taskRun("x"));
        server.patchStatus(KubeReference.of(created), ConformanceFixture.json("{'phase':'Running'}"));
        assertThatThrownBy(() -> server.update(created)).isInstanceOfSatisfying(KubeApiException.class, e -> {
            assertThat(e.code()).isEqualTo(409);
            assertThat(e.reason()).isEqualTo("Conflict");
        });
        assertThat(server.list("tekton.dev/v1beta1", "TaskRun", "default"))
                .singleElement()
                .satisfies(run -> {
                    assertThat(run.path("apiVersion").asText()).isEqualTo("tekton.dev/v1beta1");
                    assertThat(run.at("/status/phase").asText()).isEqualTo("Running");
                });
        server.delete(KubeReference.of(created));
        server.delete(KubeReference.of(created));
        assertThat(server.find(KubeReference.of(created))).isEmpty();
        assertThatThrownBy(() -> server.create(
                        ConformanceFixture.json("{'apiVersion':'nobody/v1','kind':'Thing','metadata':{'name':'x'}}")))
                .isInstanceOf(KubeApiException.class)
                .hasMessageContaining("register the resource first");
    }

    @Test
    void aFurtherResourceCanBeRegistered() {
        server.register(KubeResource.clusterWide("example.com", "things", "Thing", "v1alpha1"));
        server.create(ConformanceFixture.json(
                "{'apiVersion':'example.com/v1alpha1','kind':'Thing','metadata':{'name':'x'}}"));
        assertThat(http.get("/apis/example.com/v1alpha1/things/x").code()).isEqualTo(200);
    }

    @Test
    void aPageTokenFromAForgottenRevisionIsExpiredButLeadsOn() {
        for (int i = 0; i < 5; i++) {
            server.create(taskRun("x" + i));
        }
        String token = http.get(RUNS + "?limit=2").at("/metadata/continue");
        server.forgetHistory();
        // Still the present revision: consistent without any history.
        assertThat(http.get(RUNS + "?limit=2&continue=" + token).code()).isEqualTo(200);
        server.create(taskRun("x5"));
        server.forgetHistory();
        KubeHttp.Answer expired = http.get(RUNS + "?limit=2&continue=" + token);
        ConformanceFixture.assertStatus(expired, 410, "Expired");
        KubeHttp.Answer rest = http.get(RUNS + "?limit=10&continue=" + expired.at("/metadata/continue"));
        assertThat(rest.body().path("items"))
                .extracting(item -> item.at("/metadata/name").asText())
                .containsExactly("x2", "x3", "x4", "x5");
    }

    @Test
    void theHistoryReachesBackAsFarAsItIsSetTo() {
        restart(KubeApiServer.builder().historyChanges(3));
        List<String> versions = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            versions.add(server.create(taskRun("x" + i))
                    .at("/metadata/resourceVersion")
                    .asText());
        }
        String watch = RUNS + "?watch=true&resourceVersion=";
        try (WatchedEvents events = WatchedEvents.chunked(http, watch + versions.get(1))) {
            for (String name : List.of("x2", "x3", "x4")) {
                assertThat(events.next("ADDED").at("/metadata/name").asText()).isEqualTo(name);
            }
        }
        try (WatchedEvents events = WatchedEvents.chunked(http, watch + versions.get(0))) {
            JsonNode error = events.next();
            assertThat(error.path("type").asText()).isEqualTo("ERROR");
            assertThat(error.at("/object/reason").asText()).isEqualTo("Expired");
            await().atMost(ONE_MINUTE).until(events::isEnded);
        }
    }

    @Test
    void aForgottenVersionCanBeAnsweredByHttpStatus() {
        restart(KubeApiServer.builder().goneAsHttpStatus());
        ConformanceFixture.assertStatus(http.get(RUNS + "?watch=true&resourceVersion=1"), 410, "Expired");
    }

    @Test
    void bookmarksComeOnlyWhenAskedFor() {
        restart(KubeApiServer.builder().bookmarkInterval(Duration.ofMillis(50)));
        String version = server.create(ConformanceFixture.json(
                        "{'apiVersion':'v1','kind':'ConfigMap','metadata':{'name':'x','namespace':'default'}}"))
                .at("/metadata/resourceVersion")
                .asText();
        try (WatchedEvents with = WatchedEvents.chunked(
                        http, RUNS + "?watch=true&resourceVersion=" + version + "&allowWatchBookmarks=true");
                WatchedEvents without = WatchedEvents.chunked(http, RUNS + "?watch=true&resourceVersion=" + version)) {
            JsonNode bookmark = with.next();
            assertThat(bookmark.path("type").asText()).isEqualTo("BOOKMARK");
            assertThat(bookmark.at("/object/kind").asText()).isEqualTo("TaskRun");
            assertThat(bookmark.at("/object/metadata/resourceVersion").asText()).isEqualTo(version);
            assertThat(with.next().path("type").asText()).isEqualTo("BOOKMARK");
            server.create(taskRun("x"));
            assertThat(without.next().path("type").asText()).isEqualTo("ADDED");
        }
    }

    @Test
    void dependentsGoWithTheirLastOwner() {
        String uid = server.create(taskRun("owner")).at("/metadata/uid").asText();
        ObjectNode dependent = taskRun("dependent");
        Json.child(dependent, "metadata")
                .putArray("ownerReferences")
                .addObject()
                .put("apiVersion", "tekton.dev/v1")
                .put("kind", "TaskRun")
                .put("name", "owner")
                .put("uid", uid);
        KubeReference reference = KubeReference.of(server.create(dependent));
        server.delete(new KubeReference("tekton.dev/v1", "TaskRun", "default", "owner"));
        await().atMost(ONE_MINUTE)
                .untilAsserted(() -> assertThat(server.find(reference)).isEmpty());
    }

    @Test
    void propagationPoliciesAreHonoured() {
        for (String policy : List.of("Foreground", "Orphan")) {
            String uid = server.create(taskRun("owner")).at("/metadata/uid").asText();
            ObjectNode dependent = taskRun("dependent");
            Json.child(dependent, "metadata")
                    .putArray("ownerReferences")
                    .addObject()
                    .put("apiVersion", "tekton.dev/v1")
                    .put("kind", "TaskRun")
                    .put("name", "owner")
                    .put("uid", uid);
            KubeReference reference = KubeReference.of(server.create(dependent));
            http.delete(RUNS + "/owner?propagationPolicy=" + policy);
            await().atMost(ONE_MINUTE)
                    .untilAsserted(
                            () -> assertThat(http.get(RUNS + "/owner").code()).isEqualTo(404));
            assertThat(server.find(reference).isPresent()).isEqualTo(policy.equals("Orphan"));
            server.find(reference)
                    .ifPresent(left ->
                            assertThat(left.at("/metadata/ownerReferences")).isEmpty());
        }
    }

    @Test
    void aWrongTokenIsUnauthorizedAndNoneIsWelcome() {
        KubeHttp stranger = new KubeHttp(new KubeConnection(server.url(), "", "wrong", "", ""));
        ConformanceFixture.assertStatus(stranger.get(RUNS), 401, "Unauthorized");
        assertThat(new KubeHttp(new KubeConnection(server.url(), "", "", "", ""))
                        .get(RUNS)
                        .code())
                .isEqualTo(200);
    }

    @Test
    void tokensExpireAndANewOneIsGood() {
        ManualClock clock = new ManualClock(Instant.parse("2026-01-01T00:00:00Z"));
        restart(KubeApiServer.builder().clock(clock).tokenLifetime(Duration.ofHours(1)));
        assertThat(http.get(RUNS).code()).isEqualTo(200);
        clock.advance(Duration.ofMinutes(50));
        KubeHttp next = new KubeHttp(new KubeConnection(server.url(), "", server.issueToken(), "", ""));
        assertThat(http.get(RUNS).code()).isEqualTo(200);
        clock.advance(Duration.ofMinutes(10));
        ConformanceFixture.assertStatus(http.get(RUNS), 401, "Unauthorized");
        assertThat(next.get(RUNS).code()).isEqualTo(200);
        server.expireTokens();
        ConformanceFixture.assertStatus(next.get(RUNS), 401, "Unauthorized");
        KubeHttp last = new KubeHttp(new KubeConnection(server.url(), "", server.issueToken(), "", ""));
        assertThat(last.get(RUNS).code()).isEqualTo(200);
    }

    @Test
    void aFaultAnswersAsManyRequestsAsItIsAskedToAndDoesNotCarryThemOut() throws IOException {
        Predicate<KubeRequest> creates = request -> request.verb().equals("create");
        server.faults().next(1, creates, ApiFault.tooManyRequests(Duration.ofSeconds(7)));
        server.faults().next(1, creates, ApiFault.internalError("etcdserver: request timed out"));
        server.faults().next(1, creates, ApiFault.unavailable(Duration.ofSeconds(1)));
        server.faults().next(1, creates, ApiFault.timeout());
        assertThat(http.get(RUNS).code()).isEqualTo(200);
        KubeHttp.Answer full = http.post(RUNS, taskRun("x"));
        ConformanceFixture.assertStatus(full, 429, "TooManyRequests");
        assertThat(full.at("/details/retryAfterSeconds")).isEqualTo("7");
        KubeHttp.Answer broken = http.post(RUNS, taskRun("x"));
        ConformanceFixture.assertStatus(broken, 500, "InternalError");
        assertThat(broken.at("/message")).isEqualTo("Internal error occurred: etcdserver: request timed out");
        ConformanceFixture.assertStatus(http.post(RUNS, taskRun("x")), 503, "ServiceUnavailable");
        ConformanceFixture.assertStatus(http.post(RUNS, taskRun("x")), 504, "Timeout");
        assertThat(server.faults().answered()).isEqualTo(4);
        assertThat(http.post(RUNS, taskRun("x")).code()).isEqualTo(201);
        server.faults().next(Integer.MAX_VALUE, request -> true, ApiFault.tooManyRequests(Duration.ofSeconds(3)));
        HttpResponse<InputStream> refused = http.open(RUNS);
        assertThat(refused.headers().firstValue("Retry-After")).contains("3");
        refused.body().close();
        server.faults().clear();
        assertThat(http.get(RUNS).code()).isEqualTo(200);
    }

    @Test
    void aListOrAWatchCanBeExpiredWhateverItAsksFor() {
        server.faults().next(2, request -> true, ApiFault.expired());
        ConformanceFixture.assertStatus(http.get(RUNS), 410, "Expired");
        ConformanceFixture.assertStatus(http.get(RUNS + "?watch=1"), 410, "Expired");
        String version = http.get(RUNS).at("/metadata/resourceVersion");
        try (WatchedEvents watch = WatchedEvents.chunked(http, RUNS + "?watch=1&resourceVersion=" + version)) {
            server.create(taskRun("x"));
            assertThat(watch.next("ADDED").at("/metadata/name").asText()).isEqualTo("x");
            server.expireWatches();
            JsonNode status = watch.next("ERROR");
            assertThat(status.path("code").asInt()).isEqualTo(410);
            assertThat(status.path("reason").asText()).isEqualTo("Expired");
            await().atMost(ONE_MINUTE).until(watch::isEnded);
        }
    }

    @Test
    void aTerminatingNamespaceTakesNothingAndGoesWhenNothingHoldsItsContent() {
        server.ensureNamespace("going");
        ObjectNode held = taskRun("held");
        Json.child(held, "metadata")
                .put("namespace", "going")
                .putArray("finalizers")
                .add("example.com/hold");
        server.create(held);
        ObjectNode free = taskRun("free");
        Json.child(free, "metadata").put("namespace", "going");
        server.create(free);
        String runs = RUNS.replace("/default/", "/going/");
        http.delete("/api/v1/namespaces/going");
        KubeHttp.Answer going = http.get("/api/v1/namespaces/going");
        assertThat(going.at("/status/phase")).isEqualTo("Terminating");
        assertThat(going.at("/metadata/deletionTimestamp")).isNotEmpty();
        Json.child(free, "metadata").put("name", "late");
        KubeHttp.Answer refused = http.post(runs, free);
        ConformanceFixture.assertStatus(refused, 403, "Forbidden");
        assertThat(refused.at("/details/causes/0/reason")).isEqualTo("NamespaceTerminating");
        ConformanceFixture.assertStatus(
                http.apply(
                        runs + "/late?fieldManager=a",
                        "{\"apiVersion\":\"tekton.dev/v1\",\"kind\":\"TaskRun\",\"metadata\":{\"name\":\"late\"}}"),
                403,
                "Forbidden");
        await().atMost(ONE_MINUTE)
                .untilAsserted(() -> assertThat(http.get(runs + "/free").code()).isEqualTo(404));
        await().atMost(ONE_MINUTE)
                .untilAsserted(() -> assertThat(http.get(runs + "/held").at("/metadata/deletionTimestamp"))
                        .isNotEmpty());
        assertThat(http.get("/api/v1/namespaces/going").code()).isEqualTo(200);
        http.merge(runs + "/held", "{\"metadata\":{\"finalizers\":null}}");
        await().atMost(ONE_MINUTE)
                .untilAsserted(() ->
                        assertThat(http.get("/api/v1/namespaces/going").code()).isEqualTo(404));
    }

    @Test
    void aBodyThatIsTooLargeIsRefused() {
        restart(KubeApiServer.builder().requestLimit(1_000));
        ObjectNode run = taskRun("x");
        run.put("padding", "x".repeat(2_000));
        ConformanceFixture.assertStatus(http.post(RUNS, run), 413, "RequestEntityTooLarge");
        server.create(run);
        assertThat(http.get(RUNS + "/x").code()).isEqualTo(200);
    }

    @Test
    void wrongSettingsAreReportedTogether() {
        assertThatThrownBy(() -> KubeApiServer.builder()
                        .historyChanges(0)
                        .watchTimeout(Duration.ZERO)
                        .start())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("historyChanges")
                .hasMessageContaining("watchTimeout");
    }

    @Test
    void watchesSeeEveryChangeOfManyWritersInOrder() {
        String version = http.get(RUNS).at("/metadata/resourceVersion");
        try (WatchedEvents events = WatchedEvents.chunked(http, RUNS + "?watch=true&resourceVersion=" + version)) {
            List<CompletableFuture<Void>> writers = new ArrayList<>();
            for (int w = 0; w < 4; w++) {
                int writer = w;
                writers.add(CompletableFuture.runAsync(() -> {
                    for (int i = 0; i < 250; i++) {
                        server.create(taskRun("w" + writer + "-" + i));
                    }
                }));
            }
            long last = 0;
            for (int i = 0; i < 1_000; i++) {
                long seen = events.next("ADDED").at("/metadata/resourceVersion").asLong();
                assertThat(seen).isGreaterThan(last);
                last = seen;
            }
            writers.forEach(CompletableFuture::join);
        }
    }
}
