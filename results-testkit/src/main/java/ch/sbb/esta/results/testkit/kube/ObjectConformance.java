package ch.sbb.esta.results.testkit.kube;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.sbb.esta.results.testkit.kube.KubeHttp.Answer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;

/** Single objects: what a server does with creates, updates, patches and deletes. */
abstract class ObjectConformance extends ConformanceFixture {

    /** For subclasses in this package. */
    ObjectConformance() {}

    @Test
    final void theServerSaysThatItIsWellAndWhatItServes() {
        assertThat(http().get("/readyz").code()).isEqualTo(200);
        assertThat(http().get("/version").at("/major")).isEqualTo("1");
        assertThat(http().get("/api").body().path("versions"))
                .extracting(JsonNode::asText)
                .contains("v1");
        assertThat(http().get("/apis").body().path("groups"))
                .extracting(entry -> entry.path("name").asText())
                .contains(group);
        assertThat(http().get("/apis/" + group + "/v1").body().path("resources"))
                .extracting(entry ->
                        entry.path("name").asText() + " " + entry.path("kind").asText() + " "
                                + entry.path("namespaced").asText())
                .contains("widgets Widget true", "widgets/status Widget true");
        assertThat(http().get("/api/v1").body().path("resources"))
                .extracting(entry -> entry.path("name").asText())
                .contains(
                        "pods", "pods/log", "pods/status", "namespaces", "configmaps", "events", "secrets", "services");
    }

    @Test
    final void whatIsCreatedGetsUidTimeVersionAndGeneration() {
        String name = newName();
        ObjectNode created = createWidget(name);
        assertThat(created.at("/metadata/name").asText()).isEqualTo(name);
        assertThat(created.at("/metadata/namespace").asText()).isEqualTo(namespace);
        assertThat(created.at("/metadata/uid").asText()).isNotEmpty();
        assertThat(created.at("/metadata/resourceVersion").asText()).isNotEmpty();
        assertThat(created.at("/metadata/creationTimestamp").asText()).matches("[0-9-]{10}T[0-9:]{8}Z");
        assertThat(created.at("/metadata/generation").asInt()).isEqualTo(1);
        assertThat(http().get(widgets + "/" + name).body()).isEqualTo(created);
    }

    @Test
    final void whatIsThereCannotBeCreatedAgain() {
        String name = newName();
        createWidget(name);
        Answer again = http().post(widgets, widget(name));
        assertStatus(again, 409, "AlreadyExists");
        assertThat(again.at("/message")).isEqualTo("widgets." + group + " \"" + name + "\" already exists");
        assertThat(again.at("/details/name")).isEqualTo(name);
        assertThat(again.at("/details/group")).isEqualTo(group);
        assertThat(again.at("/details/kind")).isEqualTo("widgets");
    }

    @Test
    final void whatIsAbsentIsNotFound() {
        Answer custom = http().get(widgets + "/absent");
        assertStatus(custom, 404, "NotFound");
        assertThat(custom.at("/message")).isEqualTo("widgets." + group + " \"absent\" not found");
        assertThat(custom.at("/details/kind")).isEqualTo("widgets");
        Answer core = http().get(configMaps + "/absent");
        assertStatus(core, 404, "NotFound");
        assertThat(core.at("/message")).isEqualTo("configmaps \"absent\" not found");
        assertStatus(http().delete(widgets + "/absent"), 404, "NotFound");
        assertStatus(http().merge(widgets + "/absent", "{}"), 404, "NotFound");
    }

    @Test
    final void pathsThatNobodyServesAreNotFound() {
        assertThat(http().get("/apis/nobody.example.com/v1/things").code()).isEqualTo(404);
        assertThat(http().get("/apis/" + group + "/v1/namespaces/" + namespace + "/gadgets")
                        .code())
                .isEqualTo(404);
        assertThat(http().get(widgets + "/absent/nothing").code()).isEqualTo(404);
    }

    @Test
    final void methodsThatMakeNoSenseAreNotAllowed() {
        String name = newName();
        create(configMaps, json(CONFIG_MAP.formatted(name)));
        assertStatus(http().send("POST", configMaps + "/" + name, "{}"), 405, "MethodNotAllowed");
        assertStatus(http().send("PUT", configMaps, "{}"), 405, "MethodNotAllowed");
        // Of custom resources every POST is a create, and every PUT an update.
        assertStatus(http().send("POST", widgets + "/" + name, "{}"), 400, "BadRequest");
        assertStatus(http().send("PUT", widgets, "{}"), 400, "BadRequest");
    }

    @Test
    final void aNameCanBeGenerated() {
        ObjectNode widget = widget("");
        Json.child(widget, "metadata").remove("name");
        Json.child(widget, "metadata").put("generateName", "made-");
        String first = create(widgets, widget).at("/metadata/name").asText();
        String second = create(widgets, widget).at("/metadata/name").asText();
        assertThat(first).matches("made-[bcdfghjklmnpqrstvwxz2456789]{5}").isNotEqualTo(second);
    }

    @Test
    final void namesAndLabelsMustBeValid() {
        Answer name = http().post(configMaps, json(CONFIG_MAP.formatted("Bad_Name")));
        assertStatus(name, 422, "Invalid");
        assertThat(name.at("/message"))
                .startsWith(
                        "ConfigMap \"Bad_Name\" is invalid: metadata.name: Invalid value: \"Bad_Name\": a lowercase RFC 1123 subdomain");
        assertThat(name.at("/details/causes/0/field")).isEqualTo("metadata.name");
        assertThat(name.at("/details/causes/0/reason")).isEqualTo("FieldValueInvalid");
        assertStatus(http().post(widgets, widget("-")), 422, "Invalid");
        ObjectNode nameless = widget("");
        Json.child(nameless, "metadata").remove("name");
        assertStatus(http().post(widgets, nameless), 422, "Invalid");
        ObjectNode labelled = widget(newName());
        Json.child(Json.child(labelled, "metadata"), "labels").put("label", "not a label");
        assertStatus(http().post(widgets, labelled), 422, "Invalid");
    }

    @Test
    final void theBodyMustFitThePath() {
        String name = newName();
        ObjectNode created = createWidget(name);
        ObjectNode elsewhere = widget(newName());
        Json.child(elsewhere, "metadata").put("namespace", "kube-system");
        assertStatus(http().post(widgets, elsewhere), 400, "BadRequest");
        ObjectNode renamed = created.deepCopy();
        Json.child(renamed, "metadata").put("name", "other");
        assertStatus(http().put(widgets + "/" + name, renamed), 400, "BadRequest");
        ObjectNode otherKind = widget(newName());
        otherKind.put("kind", "Gadget");
        assertStatus(http().post(widgets, otherKind), 422, "Invalid");
        ObjectNode otherVersion = widget(newName());
        otherVersion.put("apiVersion", group + "/v1beta1");
        assertStatus(http().post(widgets, otherVersion), 400, "BadRequest");
        assertStatus(http().send("POST", widgets, "{ this is not JSON"), 400, "BadRequest");
    }

    @Test
    final void anAbsentNamespaceTakesNoObjects() {
        Answer answer =
                http().post("/api/v1/namespaces/absent-" + run + "/configmaps", json(CONFIG_MAP.formatted("x")));
        assertStatus(answer, 404, "NotFound");
        assertThat(answer.at("/message")).isEqualTo("namespaces \"absent-" + run + "\" not found");
    }

    @Test
    final void unknownFieldsAndAllKindsOfValuesSurvive() {
        ObjectNode widget = widget(newName());
        widget.set(
                "extra",
                json(
                        "{'text':'\\u00e4\\u20ac\\ud83d\\ude00\\u0000','list':[1,2.5,true,null,{}],'big':9007199254740993,'empty':{},'none':[]}"));
        ObjectNode created = create(widgets, widget);
        JsonNode read = http().get(widgets + "/" + created.at("/metadata/name").asText())
                .body();
        assertThat(read.path("extra")).isEqualTo(widget.path("extra"));
    }

    @Test
    final void aStaleUpdateIsAConflict() {
        String name = newName();
        ObjectNode first = createWidget(name);
        ObjectNode second = first.deepCopy();
        Json.child(second, "spec").put("size", 2);
        Answer updated = http().put(widgets + "/" + name, second);
        assertThat(updated.code()).as("%s", updated).isEqualTo(200);
        assertThat(updated.at("/metadata/resourceVersion"))
                .isNotEqualTo(first.at("/metadata/resourceVersion").asText());
        Json.child(first, "spec").put("size", 3);
        Answer stale = http().put(widgets + "/" + name, first);
        assertStatus(stale, 409, "Conflict");
        assertThat(stale.at("/message"))
                .isEqualTo(
                        "Operation cannot be fulfilled on widgets." + group + " \"" + name
                                + "\": the object has been modified; please apply your changes to the latest version and try again");
        assertThat(http().get(widgets + "/" + name).body().at("/spec/size").asInt())
                .isEqualTo(2);
    }

    @Test
    final void anUpdateWithoutVersionOverwritesOnlyBuiltInKinds() {
        String name = newName();
        ObjectNode widget = createWidget(name);
        Json.child(widget, "metadata").remove("resourceVersion");
        assertStatus(http().put(widgets + "/" + name, widget), 422, "Invalid");
        create(configMaps, json(CONFIG_MAP.formatted(name)));
        ObjectNode changed = json(CONFIG_MAP.formatted(name).replace("value", "other"));
        Answer updated = http().put(configMaps + "/" + name, changed);
        assertThat(updated.code()).isEqualTo(200);
        assertThat(updated.at("/data/key")).isEqualTo("other");
    }

    @Test
    final void anUpdateOfAnotherIncarnationIsAConflict() {
        String name = newName();
        ObjectNode widget = createWidget(name);
        Json.child(widget, "metadata").put("uid", "00000000-0000-0000-0000-000000000000");
        assertStatus(http().put(widgets + "/" + name, widget), 409, "Conflict");
    }

    @Test
    final void anUpdateThatChangesNothingKeepsTheVersion() {
        ObjectNode widget = createWidget(newName());
        String path = widgets + "/" + widget.at("/metadata/name").asText();
        String version = widget.at("/metadata/resourceVersion").asText();
        assertThat(http().put(path, widget).at("/metadata/resourceVersion")).isEqualTo(version);
        assertThat(http().merge(path, "{}").at("/metadata/resourceVersion")).isEqualTo(version);
    }

    @Test
    final void concurrentUpdatesLoseNothing() {
        String name = newName();
        createWidget(name);
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            List<CompletableFuture<Void>> all = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                all.add(CompletableFuture.runAsync(() -> incrementTenTimes(name), threads));
            }
            all.forEach(CompletableFuture::join);
        } finally {
            threads.shutdownNow();
        }
        assertThat(http().get(widgets + "/" + name).body().at("/spec/size").asInt())
                .isEqualTo(41);
    }

    private void incrementTenTimes(String name) {
        for (int done = 0; done < 10; ) {
            ObjectNode widget = (ObjectNode) http().get(widgets + "/" + name).body();
            ObjectNode spec = Json.child(widget, "spec");
            spec.put("size", spec.path("size").asInt() + 1);
            int code = http().put(widgets + "/" + name, widget).code();
            assertThat(code).isIn(200, 409);
            done += code == 200 ? 1 : 0;
        }
    }

    @Test
    final void statusAndSpecHaveTheirOwnPaths() {
        String name = newName();
        ObjectNode widget = widget(name);
        widget.putObject("status").put("phase", "Early");
        ObjectNode created = create(widgets, widget);
        assertThat(created.has("status")).isFalse();
        created.putObject("status").put("phase", "Running");
        Json.child(created, "spec").put("size", 7);
        Answer status = http().put(widgets + "/" + name + "/status", created);
        assertThat(status.code()).isEqualTo(200);
        assertThat(status.at("/status/phase")).isEqualTo("Running");
        assertThat(status.body().at("/spec/size").asInt()).isEqualTo(1);
        assertThat(status.body().at("/metadata/generation").asInt()).isEqualTo(1);
        ObjectNode main = (ObjectNode) status.body();
        Json.child(main, "status").put("phase", "Forged");
        Json.child(main, "spec").put("size", 8);
        Answer updated = http().put(widgets + "/" + name, main);
        assertThat(updated.at("/status/phase")).isEqualTo("Running");
        assertThat(updated.body().at("/spec/size").asInt()).isEqualTo(8);
        Answer patched = http().merge(
                        widgets + "/" + name + "/status", "{\"status\":{\"phase\":\"Done\"},\"spec\":{\"size\":9}}");
        assertThat(patched.at("/status/phase")).isEqualTo("Done");
        assertThat(patched.body().at("/spec/size").asInt()).isEqualTo(8);
    }

    @Test
    final void onlyChangesOfTheSpecCountAsGenerations() {
        String path =
                widgets + "/" + createWidget(newName()).at("/metadata/name").asText();
        assertThat(http().merge(path, "{\"metadata\":{\"labels\":{\"a\":\"b\"}}}")
                        .at("/metadata/generation"))
                .isEqualTo("1");
        assertThat(http().merge(path, "{\"spec\":{\"size\":2}}").at("/metadata/generation"))
                .isEqualTo("2");
        assertThat(http().merge(path + "/status", "{\"status\":{\"x\":1}}").at("/metadata/generation"))
                .isEqualTo("2");
        assertThat(http().merge(path, "{\"metadata\":{\"generation\":9}}").at("/metadata/generation"))
                .isEqualTo("2");
    }

    @Test
    final void aMergePatchMergesObjectsReplacesListsAndRemovesByNull() {
        ObjectNode widget = widget(newName());
        widget.set("spec", json("{'keep':1,'drop':2,'inner':{'a':1,'b':2},'list':[1,2,3]}"));
        String path =
                widgets + "/" + create(widgets, widget).at("/metadata/name").asText();
        Answer patched = http().merge(
                        path, "{\"spec\":{\"drop\":null,\"absent\":null,\"inner\":{\"b\":null,\"c\":3},\"list\":[4]}}");
        assertThat(patched.code()).isEqualTo(200);
        assertThat(patched.body().path("spec")).isEqualTo(json("{'keep':1,'inner':{'a':1,'c':3},'list':[4]}"));
    }

    @Test
    final void aPatchCanNameTheVersionItIsFor() {
        ObjectNode widget = createWidget(newName());
        String path = widgets + "/" + widget.at("/metadata/name").asText();
        String version = widget.at("/metadata/resourceVersion").asText();
        String patch = "{\"metadata\":{\"resourceVersion\":\"" + version + "\"},\"spec\":{\"size\":%d}}";
        assertThat(http().merge(path, patch.formatted(2)).code()).isEqualTo(200);
        assertStatus(http().merge(path, patch.formatted(3)), 409, "Conflict");
    }

    @Test
    final void aPatchCannotChangeTheUid() {
        String path =
                widgets + "/" + createWidget(newName()).at("/metadata/name").asText();
        Answer refused = http().merge(path, "{\"metadata\":{\"uid\":\"00000000-0000-0000-0000-000000000000\"}}");
        assertStatus(refused, 422, "Invalid");
        assertThat(refused.at("/details/causes/0/field")).isEqualTo("metadata.uid");
    }

    @Test
    final void aJsonPatchIsAppliedAsAWholeOrNotAtAll() {
        String path =
                widgets + "/" + createWidget(newName()).at("/metadata/name").asText();
        String type = "application/json-patch+json";
        Answer patched = http().patch(
                        path,
                        type,
                        "[{\"op\":\"test\",\"path\":\"/spec/size\",\"value\":1},{\"op\":\"replace\",\"path\":\"/spec/size\",\"value\":2},"
                                + "{\"op\":\"add\",\"path\":\"/spec/list\",\"value\":[1]},{\"op\":\"add\",\"path\":\"/spec/list/-\",\"value\":2}]");
        assertThat(patched.body().path("spec")).isEqualTo(json("{'size':2,'list':[1,2]}"));
        Answer failed = http().patch(
                        path,
                        type,
                        "[{\"op\":\"remove\",\"path\":\"/spec/list\"},{\"op\":\"test\",\"path\":\"/spec/size\",\"value\":1}]");
        assertStatus(failed, 422, "Invalid");
        assertThat(failed.at("/message")).isEqualTo("the server rejected our request due to an error in our request");
        assertThat(failed.body().at("/details/causes")).isEmpty();
        Answer absent = http().patch(path, type, "[{\"op\":\"test\",\"path\":\"/spec/absent\",\"value\":1}]");
        assertStatus(absent, 422, "Invalid");
        assertThat(http().get(path).body().path("spec")).isEqualTo(json("{'size':2,'list':[1,2]}"));
    }

    @Test
    final void anUnknownKindOfPatchIsRefused() {
        String path =
                widgets + "/" + createWidget(newName()).at("/metadata/name").asText();
        assertStatus(http().patch(path, "application/nonsense", "{}"), 415, "UnsupportedMediaType");
    }

    @Test
    final void aDeleteChecksItsPreconditions() {
        ObjectNode widget = createWidget(newName());
        String name = widget.at("/metadata/name").asText();
        String path = widgets + "/" + name;
        String uid = widget.at("/metadata/uid").asText();
        String version = widget.at("/metadata/resourceVersion").asText();
        Answer other = http().delete(path, "{\"preconditions\":{\"uid\":\"other\"}}");
        assertStatus(other, 409, "Conflict");
        assertThat(other.at("/message")).contains("UID in precondition: other, UID in object meta: " + uid);
        assertStatus(http().delete(path, "{\"preconditions\":{\"resourceVersion\":\"1\"}}"), 409, "Conflict");
        Answer gone = http().delete(
                        path, "{\"preconditions\":{\"uid\":\"" + uid + "\",\"resourceVersion\":\"" + version + "\"}}");
        assertThat(gone.code()).isEqualTo(200);
        assertThat(gone.at("/kind")).isEqualTo("Status");
        assertThat(gone.at("/status")).isEqualTo("Success");
        assertThat(gone.at("/details/uid")).isEqualTo(uid);
        assertStatus(http().get(path), 404, "NotFound");
    }

    @Test
    final void aFinalizerKeepsADeletedObjectUntilItIsRemoved() {
        ObjectNode widget = widget(newName());
        Json.child(widget, "metadata").putArray("finalizers").add("example.com/keep");
        String path =
                widgets + "/" + create(widgets, widget).at("/metadata/name").asText();
        Answer deleted = http().delete(path);
        assertThat(deleted.code()).isEqualTo(200);
        JsonNode kept = http().get(path).body();
        assertThat(kept.at("/metadata/deletionTimestamp").asText()).isNotEmpty();
        assertThat(kept.at("/metadata/generation").asInt()).isEqualTo(2);
        Answer other =
                http().merge(path, "{\"metadata\":{\"finalizers\":[\"example.com/keep\",\"example.com/more\"]}}");
        assertStatus(other, 422, "Invalid");
        assertThat(other.at("/details/causes/0/reason")).isEqualTo("FieldValueForbidden");
        assertThat(http().merge(path, "{\"spec\":{\"size\":5}}").code()).isEqualTo(200);
        assertThat(http().merge(path, "{\"metadata\":{\"finalizers\":null}}").code())
                .isEqualTo(200);
        assertStatus(http().get(path), 404, "NotFound");
    }

    @Test
    final void severalVersionsShowTheSameObject() {
        String name = newName();
        ObjectNode created = createWidget(name);
        JsonNode seen = http().get(widgets("v1beta1") + "/" + name).body();
        assertThat(seen.path("apiVersion").asText()).isEqualTo(group + "/v1beta1");
        assertThat(seen.at("/metadata/uid")).isEqualTo(created.at("/metadata/uid"));
        assertThat(seen.at("/metadata/resourceVersion")).isEqualTo(created.at("/metadata/resourceVersion"));
        assertThat(http().merge(widgets("v1beta1") + "/" + name, "{\"spec\":{\"size\":2}}")
                        .code())
                .isEqualTo(200);
        assertThat(http().get(widgets + "/" + name).body().at("/spec/size").asInt())
                .isEqualTo(2);
    }

    @Test
    final void aCollectionIsDeletedBySelector() {
        String label = newName();
        createWidget(newName(), label, "go");
        createWidget(newName(), label, "go");
        String stays =
                createWidget(newName(), label, "stay").at("/metadata/name").asText();
        assertThat(http().delete(widgets + "?labelSelector=" + KubeHttp.encode(label + "=go"))
                        .code())
                .isEqualTo(200);
        await().atMost(Duration.ofSeconds(60))
                .untilAsserted(() -> assertThat(http().get(widgets + "?labelSelector=" + label)
                                .body()
                                .path("items"))
                        .extracting(item -> item.at("/metadata/name").asText())
                        .containsExactly(stays));
    }
}
