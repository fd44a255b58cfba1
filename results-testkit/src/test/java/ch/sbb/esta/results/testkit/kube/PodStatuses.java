package ch.sbb.esta.results.testkit.kube;

import com.fasterxml.jackson.databind.node.ObjectNode;

/** Plays the node for one container: writes its states into the pod's status. */
record PodStatuses(KubeApiServer server, String namespace, String pod, String container) {

    void waiting(String reason) {
        set("Pending", 0, "{'waiting':{'reason':'" + reason + "'}}", "{}");
    }

    void running() {
        set("Running", 0, "{'running':{}}", "{}");
    }

    void restarted(int restarts) {
        set("Running", restarts, "{'running':{}}", "{'terminated':{'exitCode':1}}");
    }

    void terminated(int exitCode) {
        set(exitCode == 0 ? "Succeeded" : "Failed", 0, "{'terminated':{'exitCode':" + exitCode + "}}", "{}");
    }

    private void set(String phase, int restarts, String state, String lastState) {
        ObjectNode status =
                ConformanceFixture.json("{'phase':'" + phase + "','containerStatuses':[{'name':'" + container
                        + "','restartCount':" + restarts + ",'state':" + state + ",'lastState':" + lastState + "}]}");
        server.patchStatus(KubeReference.pod(namespace, pod), status);
    }
}
