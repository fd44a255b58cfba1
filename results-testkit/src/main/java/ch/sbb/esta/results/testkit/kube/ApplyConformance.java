package ch.sbb.esta.results.testkit.kube;

import static org.assertj.core.api.Assertions.assertThat;

import ch.sbb.esta.results.testkit.kube.KubeHttp.Answer;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Server-side apply: who owns which field, what is a conflict, and what goes when its last owner gives it up. */
abstract class ApplyConformance extends ObjectConformance {

    private static final String X = "example.com/x";
    private static final String Y = "example.com/y";
    private static final String Z = "example.com/z";

    /** For subclasses in this package. */
    ApplyConformance() {}

    private Answer apply(String name, String manager, String rest) {
        return apply(name, "fieldManager=" + manager, rest, "");
    }

    private Answer force(String name, String manager, String rest) {
        return apply(name, "fieldManager=" + manager + "&force=true", rest, "");
    }

    private Answer apply(String name, String query, String rest, String subresource) {
        return http().apply(widgets + "/" + name + subresource + "?" + query, configuration(name, rest));
    }

    private String configuration(String name, String rest) {
        return ("{'apiVersion':'" + group + "/v1','kind':'Widget','metadata':{'name':'" + name + "'" + rest + "}")
                .replace('\'', '"');
    }

    /** A configuration of the spec: closes the metadata. */
    private static String spec(String fields) {
        return "},'spec':{" + fields + "}";
    }

    private static String finalizers(String... finalizers) {
        return ",'finalizers':['" + String.join("','", finalizers) + "']}";
    }

    private Answer read(String name) {
        return http().get(widgets + "/" + name);
    }

    private static List<String> finalizers(Answer answer) {
        List<String> all = new ArrayList<>();
        answer.body().at("/metadata/finalizers").forEach(finalizer -> all.add(finalizer.asText()));
        return all;
    }

    /** What an owner has; missing when it owns nothing. */
    private static JsonNode owned(Answer answer, String manager, String operation) {
        return entry(answer, manager, operation).path("fieldsV1");
    }

    private static JsonNode entry(Answer answer, String manager, String operation) {
        for (JsonNode entry : answer.body().at("/metadata/managedFields")) {
            if (entry.path("manager").asText().equals(manager)
                    && entry.path("operation").asText().equals(operation)) {
                return entry;
            }
        }
        return Json.object().path("absent");
    }

    @Test
    final void anApplyNeedsAFieldManager() {
        Answer answer = apply(newName(), "force=true", spec("'size':1"), "");
        assertStatus(answer, 422, "Invalid");
        assertThat(answer.at("/message"))
                .isEqualTo(
                        "PatchOptions.meta.k8s.io \"\" is invalid: fieldManager: Required value: is required for apply patch");
        String name = newName();
        createWidget(name);
        assertStatus(http().merge(widgets + "/" + name + "?force=true", "{}"), 422, "Invalid");
    }

    @Test
    final void anApplyCreatesWhatIsAbsentAndOwnsWhatItSays() {
        String name = newName();
        Answer created = apply(name, "a", spec("'size':1"));
        assertThat(created.code()).as("%s", created).isEqualTo(201);
        assertThat(created.body().at("/metadata/generation").asInt()).isEqualTo(1);
        JsonNode entry = entry(created, "a", "Apply");
        assertThat(entry.path("apiVersion").asText()).isEqualTo(group + "/v1");
        assertThat(entry.path("time").asText()).matches("[0-9-]{10}T[0-9:]{8}Z");
        assertThat(entry.path("fieldsType").asText()).isEqualTo("FieldsV1");
        assertThat(entry.path("fieldsV1")).isEqualTo(json("{'f:spec':{'.':{},'f:size':{}}}"));
        assertThat(created.body().at("/metadata/managedFields")).hasSize(1);
    }

    @Test
    final void anApplyThatChangesNothingKeepsTheVersion() {
        String name = newName();
        Answer first = apply(name, "a", spec("'size':1"));
        Answer again = apply(name, "a", spec("'size':1"));
        assertThat(again.code()).isEqualTo(200);
        assertThat(again.body()).isEqualTo(first.body());
    }

    @Test
    final void yamlIsAppliedToo() {
        String name = newName();
        Answer created = http().apply(widgets + "/" + name + "?fieldManager=a", """
                apiVersion: %s/v1
                kind: Widget
                metadata:
                  name: %s
                spec:
                  size: 3
                  text: "a: b"
                """.formatted(group, name));
        assertThat(created.code()).as("%s", created).isEqualTo(201);
        assertThat(created.body().path("spec")).isEqualTo(json("{'size':3,'text':'a: b'}"));
    }

    @Test
    final void aFieldOfSomebodyElseIsAConflictUnlessTheValueIsTheSame() {
        String name = newName();
        apply(name, "a", spec("'size':1,'more':1"));
        Answer same = apply(name, "b", spec("'size':1"));
        assertThat(same.code()).as("%s", same).isEqualTo(200);
        Answer other = apply(name, "c", spec("'size':2,'own':1"));
        assertStatus(other, 409, "Conflict");
        assertThat(other.at("/message"))
                .isEqualTo(
                        "Apply failed with 2 conflicts: conflicts with \"a\":\n- .spec.size\nconflicts with \"b\":\n- .spec.size");
        assertThat(other.body().at("/details/causes"))
                .extracting(cause -> cause.path("reason").asText() + " "
                        + cause.path("message").asText() + " "
                        + cause.path("field").asText())
                .containsExactlyInAnyOrder(
                        "FieldManagerConflict conflict with \"a\" .spec.size",
                        "FieldManagerConflict conflict with \"b\" .spec.size");
        assertThat(read(name).body().path("spec")).isEqualTo(json("{'size':1,'more':1}"));
    }

    @Test
    final void byForceAFieldChangesItsOwner() {
        String name = newName();
        apply(name, "a", spec("'size':1,'more':1"));
        Answer single = apply(name, "b", spec("'size':2"));
        assertThat(single.at("/message")).isEqualTo("Apply failed with 1 conflict: conflict with \"a\": .spec.size");
        Answer forced = force(name, "b", spec("'size':2"));
        assertThat(forced.body().path("spec")).isEqualTo(json("{'size':2,'more':1}"));
        assertThat(owned(forced, "a", "Apply").path("f:spec").has("f:size")).isFalse();
        assertThat(owned(forced, "a", "Apply").path("f:spec").has("f:more")).isTrue();
        assertThat(owned(forced, "b", "Apply").path("f:spec").has("f:size")).isTrue();
    }

    @Test
    final void aFieldGoesWhenItsLastOwnerGivesItUp() {
        String name = newName();
        apply(name, "a", spec("'size':1,'inner':{'x':1}"));
        apply(name, "b", spec("'size':1,'own':1"));
        Answer first = apply(name, "a", spec("'other':1"));
        assertThat(first.body().path("spec")).isEqualTo(json("{'size':1,'own':1,'other':1}"));
        Answer second = apply(name, "b", spec("'own':1"));
        assertThat(second.body().path("spec")).isEqualTo(json("{'own':1,'other':1}"));
    }

    @Test
    final void whatAnUpdateHasWrittenIsItsOwn() {
        String name = newName();
        apply(name, "a", spec("'size':1,'more':1"));
        String path = widgets + "/" + name + "?fieldManager=editor";
        Answer edited = http().merge(path, "{\"spec\":{\"size\":2}}");
        JsonNode entry = entry(edited, "editor", "Update");
        assertThat(entry.path("apiVersion").asText()).isEqualTo(group + "/v1");
        assertThat(entry.path("fieldsV1")).isEqualTo(json("{'f:spec':{'f:size':{}}}"));
        assertThat(owned(edited, "a", "Apply").path("f:spec").has("f:size")).isFalse();
        Answer conflict = apply(name, "a", spec("'size':1,'more':1"));
        assertStatus(conflict, 409, "Conflict");
        assertThat(conflict.at("/message"))
                .isEqualTo("Apply failed with 1 conflict: conflict with \"editor\" using " + group + "/v1: .spec.size");
        ObjectNode whole = (ObjectNode) edited.body();
        Json.child(whole, "spec").put("size", 3).remove("more");
        Json.child(whole, "metadata").remove("managedFields");
        Answer replaced = http().put(path, whole);
        assertThat(owned(replaced, "editor", "Update").path("f:spec").has("f:size"))
                .isTrue();
        assertThat(owned(replaced, "a", "Apply").path("f:spec").has("f:more")).isFalse();
    }

    @Test
    final void whoNamesNoManagerIsCalledAfterHisProgram() {
        Answer created = read(createWidget(newName()).at("/metadata/name").asText());
        assertThat(created.body().at("/metadata/managedFields"))
                .extracting(entry -> entry.path("manager").asText() + " "
                        + entry.path("operation").asText())
                .containsExactly("Java-http-client Update");
        assertThat(created.body().at("/metadata/managedFields/0/fieldsV1"))
                .isEqualTo(json("{'f:spec':{'.':{},'f:size':{}}}"));
    }

    @Test
    final void finalizersAreASetInWhichEachManagerHasItsOwn() {
        String name = newName();
        createWidget(name);
        http().merge(widgets + "/" + name + "?fieldManager=editor", "{\"metadata\":{\"finalizers\":[\"" + Z + "\"]}}");
        apply(name, "a", finalizers(X));
        Answer both = apply(name, "b", finalizers(Y));
        assertThat(finalizers(both)).containsExactlyInAnyOrder(X, Y, Z);
        assertThat(owned(both, "a", "Apply"))
                .isEqualTo(json("{'f:metadata':{'f:finalizers':{}}}")
                        .<ObjectNode>deepCopy()
                        .set(
                                "f:metadata",
                                Json.object()
                                        .set("f:finalizers", Json.object().set("v:\"" + X + "\"", Json.object()))));
        Answer shared = apply(name, "b", finalizers(Y, X));
        assertThat(finalizers(shared)).containsExactlyInAnyOrder(X, Y, Z);
        assertThat(finalizers(apply(name, "b", finalizers(Y)))).contains(X);
        assertThat(finalizers(apply(name, "a", "}"))).containsExactlyInAnyOrder(Y, Z);
        assertThat(finalizers(apply(name, "b", "}"))).containsExactly(Z);
        Answer last = http().merge(widgets + "/" + name, "{\"metadata\":{\"finalizers\":null}}");
        assertThat(finalizers(last)).isEmpty();
    }

    @Test
    final void theLastFinalizerThatAnApplyGivesUpLetsADeletedObjectGo() {
        String name = newName();
        apply(name, "a", finalizers(X));
        http().delete(widgets + "/" + name);
        assertStatus(apply(name, "b", finalizers(Y)), 422, "Invalid");
        assertThat(apply(name, "a", "}").code()).isEqualTo(200);
        assertStatus(read(name), 404, "NotFound");
    }

    @Test
    final void ownerReferencesAreAMapByUid() {
        String name = newName();
        ObjectNode one = createWidget(newName());
        ObjectNode two = createWidget(newName());
        apply(name, "a", ",'ownerReferences':[" + reference(one) + "]}");
        Answer both = apply(name, "b", ",'ownerReferences':[" + reference(two) + "]}");
        assertThat(both.body().at("/metadata/ownerReferences"))
                .extracting(owner -> owner.path("uid"))
                .containsExactlyInAnyOrder(one.at("/metadata/uid"), two.at("/metadata/uid"));
        Answer left = apply(name, "a", "}");
        assertThat(left.body().at("/metadata/ownerReferences"))
                .extracting(owner -> owner.path("uid"))
                .containsExactly(two.at("/metadata/uid"));
    }

    private String reference(ObjectNode owner) {
        return "{'apiVersion':'" + group + "/v1','kind':'Widget','name':'"
                + owner.at("/metadata/name").asText() + "','uid':'"
                + owner.at("/metadata/uid").asText() + "'}";
    }

    @Test
    final void otherListsHaveOneOwnerAsAWhole() {
        String name = newName();
        apply(name, "a", spec("'list':[1,2]"));
        Answer conflict = apply(name, "b", spec("'list':[1,2,3]"));
        assertThat(conflict.at("/message")).isEqualTo("Apply failed with 1 conflict: conflict with \"a\": .spec.list");
        assertThat(force(name, "b", spec("'list':[3]")).body().at("/spec/list")).hasSize(1);
    }

    @Test
    final void labelsAreOwnedOneByOne() {
        String name = newName();
        apply(name, "a", ",'labels':{'one':'1'}}");
        Answer both = apply(name, "b", ",'labels':{'two':'2'}}");
        assertThat(both.body().at("/metadata/labels")).isEqualTo(json("{'one':'1','two':'2'}"));
        assertThat(owned(both, "b", "Apply")).isEqualTo(json("{'f:metadata':{'f:labels':{'f:two':{}}}}"));
        assertThat(apply(name, "a", "}").body().at("/metadata/labels")).isEqualTo(json("{'two':'2'}"));
    }

    @Test
    final void ownersCanBeForgottenAndAreThenThoseBeforeTheFirstApply() {
        String name = newName();
        createWidget(name);
        Answer forgotten = http().merge(widgets + "/" + name, "{\"metadata\":{\"managedFields\":[{}]}}");
        assertThat(forgotten.body().at("/metadata/managedFields")).isEmpty();
        Answer applied = apply(name, "a", spec("'more':1"));
        assertThat(owned(applied, "before-first-apply", "Update").path("f:spec").has("f:size"))
                .isTrue();
        assertThat(owned(applied, "a", "Apply")).isEqualTo(json("{'f:spec':{'.':{},'f:more':{}}}"));
        assertStatus(apply(name, "a", spec("'size':9")), 409, "Conflict");
    }

    @Test
    final void statusIsAppliedByItsOwnPath() {
        String name = newName();
        apply(name, "a", spec("'size':1") + ",'status':{'phase':'Forged'}");
        assertThat(read(name).body().has("status")).isFalse();
        Answer applied = apply(name, "fieldManager=a", spec("'size':2") + ",'status':{'phase':'Done'}", "/status");
        assertThat(applied.at("/status/phase")).isEqualTo("Done");
        assertThat(applied.body().at("/spec/size").asInt()).isEqualTo(1);
        List<JsonNode> entries = new ArrayList<>();
        applied.body().at("/metadata/managedFields").forEach(entries::add);
        assertThat(entries)
                .extracting(entry -> entry.path("subresource").asText())
                .containsExactlyInAnyOrder("", "status");
        assertStatus(apply(newName(), "fieldManager=a", "}", "/status"), 404, "NotFound");
    }

    @Test
    final void anApplyMayNameTheVersionItIsFor() {
        String name = newName();
        String old = apply(name, "a", spec("'size':1")).at("/metadata/resourceVersion");
        apply(name, "a", spec("'size':2"));
        assertStatus(apply(name, "a", ",'resourceVersion':'" + old + "'" + spec("'size':3")), 409, "Conflict");
        String uid = ",'uid':'00000000-0000-0000-0000-000000000000'";
        assertStatus(apply(name, "a", uid + spec("'size':3")), 422, "Invalid");
        Answer absent = apply(newName(), "a", uid + spec("'size':3"));
        assertStatus(absent, 409, "Conflict");
        assertThat(absent.at("/message"))
                .endsWith("uid mismatch: the provided object specified uid 00000000-0000-0000-0000-000000000000,"
                        + " and no existing object was found");
    }

    @Test
    final void whatIsNoConfigurationOfTheObjectIsRefused() {
        String name = newName();
        createWidget(name);
        String path = widgets + "/" + name + "?fieldManager=a";
        assertStatus(http().apply(path, "{ this is: [no YAML"), 400, "BadRequest");
        Answer owners = apply(name, "a", ",'managedFields':[{'manager':'a'}]}");
        assertStatus(owners, 400, "BadRequest");
        assertThat(owners.at("/message")).isEqualTo("metadata.managedFields must be nil");
        assertStatus(http().apply(path, configuration(name, "}").replace("Widget", "Gadget")), 400, "BadRequest");
    }
}
