package ch.sbb.esta.results;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.sbb.esta.results.PodSnapshot.Container;
import ch.sbb.esta.results.PodSnapshot.Role;
import ch.sbb.esta.results.PodSnapshot.State;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class PodSnapshotTest {

    private static byte[] bytes(String json) {
        return json.getBytes(StandardCharsets.UTF_8);
    }

    @Test
    void readsEveryContainerWithItsRoleAndState() {
        PodSnapshot pod = PodSnapshot.parse(bytes("""
                {"metadata": {"namespace": "ci", "name": "build-pod", "uid": "p", "deletionTimestamp": "2026-01-02T03:05:00Z",
                  "labels": {"tekton.dev/taskRunUID": "t"}},
                 "spec": {"initContainers": [{"name": "prepare"}, {"name": "sidecar-proxy"}],
                   "containers": [{"name": "step-a"}, {"name": "step-b"}, {"name": "sidecar-db"}]},
                 "status": {"initContainerStatuses": [{"name": "prepare", "restartCount": 0,
                     "state": {"terminated": {"startedAt": "2026-01-02T03:04:05Z", "finishedAt": "2026-01-02T03:04:06+01:00"}}}],
                   "containerStatuses": [
                     {"name": "step-b", "restartCount": 2, "state": {"running": {"startedAt": "2026-01-02T03:04:07Z"}}},
                     {"name": "step-a", "state": {"waiting": {"reason": "PodInitializing"}}}]}}
                """)).orElseThrow();
        assertThat(pod.beingDeleted()).isTrue();
        assertThat(pod.containers())
                .containsExactly(
                        new Container(
                                "prepare",
                                Role.INIT,
                                State.TERMINATED,
                                0,
                                Instant.parse("2026-01-02T03:04:05Z"),
                                Instant.parse("2026-01-02T02:04:06Z")),
                        new Container("sidecar-proxy", Role.SIDECAR, State.WAITING, 0, null, null),
                        new Container("step-a", Role.STEP, State.WAITING, 0, null, null),
                        new Container(
                                "step-b", Role.STEP, State.RUNNING, 2, Instant.parse("2026-01-02T03:04:07Z"), null),
                        new Container("sidecar-db", Role.SIDECAR, State.WAITING, 0, null, null));
        Container running = pod.container("step-b").orElseThrow();
        assertThat(pod.logId(running)).hasToString("ci/t/p/step-b/2");
        assertThat(pod.container("step-c")).isEmpty();
    }

    @Test
    void readsWhichStepWaitsForWhich() {
        PodSnapshot pod = PodSnapshot.parse(bytes("""
                {"metadata": {"namespace": "ci", "name": "a", "uid": "p", "labels": {"tekton.dev/taskRunUID": "t"}},
                 "spec": {"containers": [
                   {"name": "step-a", "command": ["/tekton/bin/entrypoint"],
                    "args": ["-wait_file", "/tekton/downward/ready", "-wait_file_content", "-post_file", "/tekton/run/0/out"]},
                   {"name": "step-b", "command": ["/tekton/bin/entrypoint"],
                    "args": ["-wait_file", "/tekton/run/0/out", "-post_file", "/tekton/run/1/out", "--", "-post_file", "/x"]},
                   {"name": "step-c", "command": ["/tekton/bin/entrypoint"],
                    "args": ["-entrypoint", "sh", "--", "-wait_file", "/tekton/run/1/out"]},
                   {"name": "step-d", "command": ["/bin/sh"], "args": ["-wait_file", "/tekton/run/1/out"]},
                   {"name": "step-e", "command": ["/tekton/bin/entrypoint"],
                    "args": ["-wait_file", "/tekton/run/9/out", "-post_file", "/tekton/run/9/out"]},
                   {"name": "step-f", "command": ["/tekton/bin/entrypoint"], "args": ["-wait_file"]},
                   {"name": "sidecar-g"}]}}
                """)).orElseThrow();
        assertThat(pod.containers())
                .extracting(Container::waitsFor)
                .containsExactly(null, "step-a", null, null, null, null, null);
        assertThat(pod.containerBefore(pod.containers().get(1)))
                .contains(pod.containers().get(0));
        assertThat(pod.containerBefore(pod.containers().get(0))).isEmpty();
    }

    @Test
    void findsTheTaskRunByItsOwnerWhereTheLabelIsMissing() {
        String pod = "{\"metadata\":{\"namespace\":\"ci\",\"name\":\"a\",\"uid\":\"p\",\"ownerReferences\":["
                + "{\"apiVersion\":\"x/v1\",\"kind\":\"TaskRun\",\"uid\":\"no\"},"
                + "{\"apiVersion\":\"tekton.dev/v1\",\"kind\":\"TaskRun\",\"uid\":\"t\"}]}}";
        assertThat(PodSnapshot.parse(bytes(pod)).orElseThrow().taskRunUid()).isEqualTo("t");
    }

    @Test
    void takesNoInterestInOtherPods() {
        assertThat(PodSnapshot.parse(bytes("{\"metadata\":{\"namespace\":\"ci\",\"name\":\"a\",\"uid\":\"p\"}}")))
                .isEmpty();
        assertThat(PodSnapshot.parse(bytes("{}"))).isEmpty();
    }

    @Test
    void refusesWhatIsNoPod() {
        assertThatThrownBy(() -> PodSnapshot.parse(bytes("{nope"))).hasMessage("the pod is not valid JSON");
        String pod = "{\"metadata\":{\"namespace\":\"ci\",\"uid\":\"p\",\"labels\":{\"tekton.dev/taskRunUID\":\"t\"}}}";
        assertThatThrownBy(() -> PodSnapshot.parse(bytes(pod))).hasMessage("the pod has no metadata.name");
        assertThatThrownBy(() -> PodSnapshot.parse(bytes("[]"))).hasMessage("the pod is no JSON object");
        assertThatThrownBy(() -> PodSnapshot.parse(new byte[0])).hasMessage("the pod is no JSON object");
    }
}
