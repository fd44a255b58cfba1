package ch.sbb.esta.results.testkit.kube;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.sbb.esta.results.testkit.kube.KubeHttp.Answer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.TestInstance;

/**
 * What the conformance tests work with: a namespace and a custom resource of their own, with names that no other run has. Depends on no controller beside the
 * API server itself: not on service accounts, not on the removal of namespaces, not on garbage collection.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class ConformanceFixture {

    static final String CONFIG_MAP =
            "{'apiVersion':'v1','kind':'ConfigMap','metadata':{'name':'%s'},'data':{'key':'value'}}";

    final String run = Long.toString(ThreadLocalRandom.current().nextLong(1L << 40), 36);
    final String namespace = "conformance-" + run;
    final String group = "conformance-" + run + ".results.example.com";
    final String widgets = widgets("v1");
    final String configMaps = "/api/v1/namespaces/" + namespace + "/configmaps";
    private final AtomicInteger names = new AtomicInteger();
    private KubeHttp http = new KubeHttp(new KubeConnection("http://127.0.0.1", "", "", "", ""));

    /** For subclasses in this package. */
    ConformanceFixture() {}

    /**
     * The cluster to test. Asked once, before the first test; the tests need the rights to create namespaces and CustomResourceDefinitions.
     *
     * @return how to reach it
     */
    protected abstract KubeConnection connection();

    @BeforeAll
    final void makeNamespaceAndResource() {
        http = new KubeHttp(connection());
        Answer made = http.post(
                "/api/v1/namespaces",
                json("{'apiVersion':'v1','kind':'Namespace','metadata':{'name':'" + namespace + "'}}"));
        assertThat(made.code()).as("%s", made).isEqualTo(201);
        Answer defined = http.post(definitions(), definition());
        assertThat(defined.code()).as("%s", defined).isEqualTo(201);
        await("the custom resource to be served").atMost(Duration.ofSeconds(60)).untilAsserted(() -> {
            assertThat(conditions(http.get(definition("")).body())).contains("Established");
            assertThat(http.get(widgets).code()).isEqualTo(200);
            assertThat(http.get(widgets("v1beta1")).code()).isEqualTo(200);
            // Discovery learns of a definition a moment later than requests do.
            assertThat(http.get("/apis/" + group + "/v1").code()).isEqualTo(200);
            assertThat(http.get("/apis").body().path("groups"))
                    .extracting(entry -> entry.path("name").asText())
                    .contains(group);
        });
    }

    @AfterAll
    final void removeNamespaceAndResource() {
        http.delete(definition(""));
        http.delete(configMaps);
        http.delete("/api/v1/namespaces/" + namespace);
        await("the custom resource to be gone")
                .atMost(Duration.ofSeconds(60))
                .until(() -> http.get(definition("")).code() == 404);
    }

    private static List<String> conditions(JsonNode definition) {
        List<String> met = new ArrayList<>();
        definition.at("/status/conditions").forEach(condition -> {
            if (condition.path("status").asText().equals("True")) {
                met.add(condition.path("type").asText());
            }
        });
        return met;
    }

    private ObjectNode definition() {
        String version = "{'name':'%s','served':true,'storage':%s,'subresources':{'status':{}},"
                + "'schema':{'openAPIV3Schema':{'type':'object','x-kubernetes-preserve-unknown-fields':true}}}";
        return json(
                "{'apiVersion':'apiextensions.k8s.io/v1','kind':'CustomResourceDefinition','metadata':{'name':'widgets."
                        + group
                        + "'},'spec':{'group':'" + group
                        + "','scope':'Namespaced','names':{'plural':'widgets','singular':'widget','kind':'Widget',"
                        + "'listKind':'WidgetList'},'versions':[" + version.formatted("v1", true) + ","
                        + version.formatted("v1beta1", false) + "]}}");
    }

    private static String definitions() {
        return "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
    }

    private String definition(String subresource) {
        return definitions() + "/widgets." + group + subresource;
    }

    KubeHttp http() {
        return http;
    }

    String widgets(String version) {
        return "/apis/" + group + "/" + version + "/namespaces/" + namespace + "/widgets";
    }

    /** A name that no other test uses. */
    String newName() {
        return "w-" + names.incrementAndGet();
    }

    ObjectNode widget(String name) {
        return json("{'apiVersion':'" + group + "/v1','kind':'Widget','metadata':{'name':'" + name
                + "'},'spec':{'size':1}}");
    }

    ObjectNode createWidget(String name) {
        return create(widgets, widget(name));
    }

    /** Makes a widget with a label by which one test finds its own. */
    ObjectNode createWidget(String name, String label, String value) {
        ObjectNode widget = widget(name);
        Json.child(Json.child(widget, "metadata"), "labels").put(label, value);
        return create(widgets, widget);
    }

    ObjectNode create(String path, ObjectNode object) {
        Answer answer = http.post(path, object);
        assertThat(answer.code()).as("%s", answer).isEqualTo(201);
        return (ObjectNode) answer.body();
    }

    /** Single quotes for double ones, to keep the JSON of tests readable. */
    static ObjectNode json(String text) {
        return Json.parseObject(text.replace('\'', '"').getBytes(StandardCharsets.UTF_8));
    }

    static void assertStatus(Answer answer, int code, String reason) {
        assertThat(answer.code()).as("%s", answer).isEqualTo(code);
        assertThat(answer.at("/kind")).isEqualTo("Status");
        assertThat(answer.at("/apiVersion")).isEqualTo("v1");
        assertThat(answer.at("/status")).isEqualTo("Failure");
        assertThat(answer.at("/reason")).isEqualTo(reason);
        assertThat(answer.body().path("code").asInt()).isEqualTo(code);
        assertThat(answer.at("/message")).isNotEmpty();
    }
}
