package ch.sbb.esta.results.testkit.kube;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.sbb.esta.results.testkit.kube.KubeHttp.Answer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * What a Kubernetes API server must do, told by plain HTTP. The same tests run against the server of this kit and against real clusters; they ask for nothing
 * that a real kube-apiserver without nodes and controllers does not do.
 *
 * <p>A subclass names the cluster. The tests make a namespace and a CustomResourceDefinition with random names and remove them.
 */
public abstract class KubeApiConformance extends ApplyConformance {

    /** For subclasses. */
    protected KubeApiConformance() {}

    @Test
    final void aListComesInPagesOfOneRevision() {
        String label = newName();
        List<String> names = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            names.add(createWidget(newName(), label, "x").at("/metadata/name").asText());
        }
        names.sort(null);
        String path = widgets + "?limit=2&labelSelector=" + label;
        Answer page = http().get(path);
        assertThat(page.at("/kind")).isEqualTo("WidgetList");
        assertThat(page.at("/apiVersion")).isEqualTo(group + "/v1");
        String version = page.at("/metadata/resourceVersion");
        createWidget("a-" + newName(), label, "x");
        createWidget("z-" + newName(), label, "x");
        http().delete(widgets + "/" + names.get(4));
        List<String> seen = new ArrayList<>(itemNames(page));
        while (!page.at("/metadata/continue").isEmpty()) {
            page = http().get(path + "&continue=" + KubeHttp.encode(page.at("/metadata/continue")));
            assertThat(page.code()).as("%s", page).isEqualTo(200);
            assertThat(page.at("/metadata/resourceVersion")).isEqualTo(version);
            assertThat(itemNames(page)).hasSizeLessThanOrEqualTo(2);
            seen.addAll(itemNames(page));
        }
        assertThat(seen).containsExactlyElementsOf(names);
    }

    @Test
    final void anEventIsServedByTwoGroupsThatNameItsFieldsDifferently() {
        String core = "/api/v1/namespaces/" + namespace + "/events";
        String other = "/apis/events.k8s.io/v1/namespaces/" + namespace + "/events";
        String name = newName();
        String subject = "{'apiVersion':'v1','kind':'Pod','namespace':'" + namespace + "','name':'" + name
                + "','uid':'uid-" + name + "'}";
        ObjectNode created = create(
                core,
                json("{'metadata':{'name':'" + name + "'},'involvedObject':" + subject
                        + ",'reason':'Started','message':'text','type':'Normal','count':3,'source':{'component':'kubelet'},"
                        + "'firstTimestamp':'2026-01-01T00:00:00Z','lastTimestamp':'2026-01-01T00:01:00Z'}"));
        Answer same = http().get(other + "/" + name);
        assertThat(same.at("/apiVersion")).isEqualTo("events.k8s.io/v1");
        assertThat(same.at("/metadata/uid"))
                .isEqualTo(created.at("/metadata/uid").asText());
        assertThat(same.at("/metadata/resourceVersion"))
                .isEqualTo(created.at("/metadata/resourceVersion").asText());
        assertThat(same.at("/regarding/name")).isEqualTo(name);
        assertThat(same.at("/note")).isEqualTo("text");
        assertThat(same.body().at("/deprecatedCount").asInt()).isEqualTo(3);
        assertThat(same.at("/deprecatedSource/component")).isEqualTo("kubelet");
        assertThat(same.at("/deprecatedFirstTimestamp")).isEqualTo("2026-01-01T00:00:00Z");
        assertThat(same.body().has("involvedObject")).isFalse();

        String made = newName();
        create(
                other,
                json("{'metadata':{'name':'" + made + "'},'regarding':" + subject
                        + ",'reason':'Started','note':'more','type':'Warning','action':'Start','eventTime':'2026-01-01T00:00:00.000001Z',"
                        + "'reportingController':'example.com/controller','reportingInstance':'one'}"));
        Answer inCore = http().get(core + "/" + made);
        assertThat(inCore.at("/apiVersion")).isEqualTo("v1");
        assertThat(inCore.at("/involvedObject/name")).isEqualTo(name);
        assertThat(inCore.at("/message")).isEqualTo("more");
        assertThat(inCore.at("/reportingComponent")).isEqualTo("example.com/controller");

        String selected = KubeHttp.encode("involvedObject.uid=uid-" + name + ",type=Warning");
        assertThat(itemNames(http().get(core + "?fieldSelector=" + selected))).containsExactly(made);
        String regarding = KubeHttp.encode("regarding.uid=uid-" + name + ",type=Warning");
        assertThat(itemNames(http().get(other + "?fieldSelector=" + regarding))).containsExactly(made);
        assertThat(http().get("/apis/events.k8s.io/v1").body().path("resources"))
                .extracting(entry -> entry.path("name").asText())
                .contains("events");
    }

    @Test
    final void aMangledPageTokenIsRefused() {
        assertStatus(http().get(widgets + "?limit=1&continue=mangled"), 400, "BadRequest");
    }

    @Test
    final void listsAreNarrowedByLabels() {
        String key = newName();
        for (String value : List.of("a", "b", "c")) {
            createWidget(key + "-" + value, key, value);
        }
        createWidget(key + "-none", "other", key);
        assertThat(select(key + "=a")).containsExactly(key + "-a");
        assertThat(select(key + "==a")).containsExactly(key + "-a");
        assertThat(select(key + "!=a,other=" + key)).containsExactly(key + "-none");
        assertThat(select(key + " in (a, c)")).containsExactly(key + "-a", key + "-c");
        assertThat(select(key + "," + key + " notin (a,c)")).containsExactly(key + "-b");
        assertThat(select(key)).containsExactly(key + "-a", key + "-b", key + "-c");
        assertThat(select("!" + key + ",other=" + key)).containsExactly(key + "-none");
        assertThat(select("!" + key)).contains(key + "-none").doesNotContain(key + "-a");
        assertThat(select(key + " notin (a)"))
                .contains(key + "-none", key + "-b")
                .doesNotContain(key + "-a");
        assertStatus(http().get(widgets + "?labelSelector=" + KubeHttp.encode("a in b")), 400, "BadRequest");
        assertStatus(http().get(widgets + "?labelSelector=" + KubeHttp.encode("a=b,,=")), 400, "BadRequest");
    }

    @Test
    final void listsAreNarrowedByFields() {
        String name = newName();
        createWidget(name);
        createWidget(newName());
        assertThat(itemNames(http().get(widgets + "?fieldSelector=" + KubeHttp.encode("metadata.name=" + name))))
                .containsExactly(name);
        assertThat(itemNames(http().get(widgets + "?fieldSelector=" + KubeHttp.encode("metadata.name!=" + name))))
                .doesNotContain(name);
        String all = "/apis/" + group + "/v1/widgets?fieldSelector=";
        assertThat(itemNames(http().get(all + KubeHttp.encode("metadata.namespace=" + namespace))))
                .contains(name);
        assertThat(itemNames(http().get(all + KubeHttp.encode("metadata.namespace=other"))))
                .isEmpty();
        assertStatus(http().get(widgets + "?fieldSelector=" + KubeHttp.encode("spec.size=1")), 400, "BadRequest");
    }

    @Test
    final void aListOfTheFutureIsNotThereYet() {
        long now = Long.parseLong(http().get(widgets).at("/metadata/resourceVersion"));
        Answer answer = http().get(widgets + "?resourceVersion=" + (now + 1_000_000));
        assertStatus(answer, 504, "Timeout");
        assertThat(answer.at("/message")).contains("Too large resource version");
        assertThat(http().get(widgets + "?resourceVersion=0").code()).isEqualTo(200);
    }

    @Test
    final void anExactListShowsThePast() {
        String label = newName();
        ObjectNode first = createWidget(newName(), label, "x");
        createWidget(newName(), label, "x");
        Answer then = http().get(widgets + "?resourceVersionMatch=Exact&resourceVersion="
                + first.at("/metadata/resourceVersion").asText() + "&labelSelector=" + label);
        assertThat(itemNames(then)).containsExactly(first.at("/metadata/name").asText());
        assertThat(http().get(widgets + "?resourceVersionMatch=Exact").code()).isEqualTo(422);
    }

    @Test
    final void aWatchFromAVersionReplaysWhatCameAfterIt() {
        String name = newName();
        String version = http().get(widgets).at("/metadata/resourceVersion");
        ObjectNode created = createWidget(name);
        http().merge(widgets + "/" + name, "{\"spec\":{\"size\":2}}");
        http().delete(widgets + "/" + name);
        try (WatchedEvents events = watch("&resourceVersion=" + version + onlyName(name))) {
            assertThat(events.next("ADDED")).isEqualTo(created);
            assertThat(events.next("MODIFIED").at("/spec/size").asInt()).isEqualTo(2);
            JsonNode deleted = events.next("DELETED");
            assertThat(deleted.at("/spec/size").asInt()).isEqualTo(2);
            assertThat(number(deleted)).isGreaterThan(number(created) + 1);
        }
    }

    @Test
    final void aWatchSeesWhatHappensWhileItIsOpen() {
        String name = newName();
        String version = http().get(widgets).at("/metadata/resourceVersion");
        try (WatchedEvents events = watch("&resourceVersion=" + version + onlyName(name))) {
            createWidget(name);
            assertThat(events.next("ADDED").at("/metadata/name").asText()).isEqualTo(name);
            http().merge(widgets + "/" + name + "/status", "{\"status\":{\"phase\":\"Running\"}}");
            assertThat(events.next("MODIFIED").at("/status/phase").asText()).isEqualTo("Running");
            http().delete(widgets + "/" + name);
            assertThat(events.next("DELETED").at("/metadata/name").asText()).isEqualTo(name);
        }
    }

    @Test
    final void aWatchByWebsocketSeesTheSame() {
        String name = newName();
        createWidget(name);
        String path = widgets + "?watch=true&resourceVersion=0" + onlyName(name);
        try (WatchedEvents events = WatchedEvents.webSocket(http(), path)) {
            assertThat(events.next("ADDED").at("/metadata/name").asText()).isEqualTo(name);
            http().delete(widgets + "/" + name);
            assertThat(events.next("DELETED").at("/metadata/name").asText()).isEqualTo(name);
        }
    }

    @Test
    final void aWatchWithoutVersionBeginsWithWhatIsThere() {
        String name = newName();
        ObjectNode created = createWidget(name);
        try (WatchedEvents events = watch(onlyName(name))) {
            assertThat(events.next("ADDED")).isEqualTo(created);
        }
    }

    @Test
    final void whatLeavesTheSelectionLooksDeletedToAWatch() {
        String label = newName();
        String name = newName();
        String version =
                createWidget(name, label, "in").at("/metadata/resourceVersion").asText();
        try (WatchedEvents events =
                watch("&resourceVersion=" + version + "&labelSelector=" + KubeHttp.encode(label + "=in"))) {
            Answer left = http().merge(widgets + "/" + name, "{\"metadata\":{\"labels\":{\"" + label + "\":\"out\"}}}");
            JsonNode deleted = events.next("DELETED");
            assertThat(deleted.at("/metadata/labels/" + label).asText()).isEqualTo("in");
            assertThat(deleted.at("/metadata/resourceVersion").asText())
                    .isEqualTo(left.at("/metadata/resourceVersion"));
            http().merge(widgets + "/" + name, "{\"metadata\":{\"labels\":{\"" + label + "\":\"in\"}}}");
            assertThat(events.next("ADDED").at("/metadata/name").asText()).isEqualTo(name);
        }
    }

    @Test
    final void aWatchFromAForgottenVersionIsGone() {
        String path = widgets + "?watch=true&resourceVersion=1";
        Answer answer = http().get(path + "&timeoutSeconds=5");
        // By HTTP status or, from servers with a watch cache, as an event.
        JsonNode status = answer.code() == 410 ? answer.body() : answer.body().path("object");
        if (answer.code() != 410) {
            assertThat(answer.at("/type")).as("%s", answer).isEqualTo("ERROR");
        }
        assertThat(status.path("kind").asText()).isEqualTo("Status");
        assertThat(status.path("code").asInt()).isEqualTo(410);
        assertThat(status.path("reason").asText()).isIn("Expired", "Gone");
    }

    @Test
    final void aWatchEndsWhenItsTimeIsOver() {
        try (WatchedEvents events = watch("&resourceVersion=0&timeoutSeconds=1&allowWatchBookmarks=true")) {
            await().atMost(Duration.ofSeconds(60)).until(events::isEnded);
        }
    }

    @Test
    final void aWatchOfAllNamespacesSeesThisOne() {
        String name = newName();
        String version = http().get(widgets).at("/metadata/resourceVersion");
        try (WatchedEvents events = WatchedEvents.chunked(
                http(), "/apis/" + group + "/v1/widgets?watch=true&resourceVersion=" + version + onlyName(name))) {
            createWidget(name);
            assertThat(events.next("ADDED").at("/metadata/namespace").asText()).isEqualTo(namespace);
        }
    }

    private WatchedEvents watch(String query) {
        return WatchedEvents.chunked(http(), widgets + "?watch=true" + query);
    }

    private static String onlyName(String name) {
        return "&fieldSelector=" + KubeHttp.encode("metadata.name=" + name);
    }

    private List<String> select(String labels) {
        return itemNames(http().get(widgets + "?labelSelector=" + KubeHttp.encode(labels)));
    }

    private static List<String> itemNames(Answer list) {
        assertThat(list.code()).as("%s", list).isEqualTo(200);
        List<String> names = new ArrayList<>();
        list.body()
                .path("items")
                .forEach(item -> names.add(item.at("/metadata/name").asText()));
        return names;
    }

    private static long number(JsonNode object) {
        return Long.parseLong(object.at("/metadata/resourceVersion").asText());
    }
}
