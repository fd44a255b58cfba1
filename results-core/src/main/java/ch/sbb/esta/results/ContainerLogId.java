package ch.sbb.esta.results;

import java.util.Objects;
import java.util.regex.Pattern;

/**
 * Identifies the log of one run of one container. It goes by the UID of the pod and the number of restarts, not by the TaskRun alone,
 * because every retry of a TaskRun has a pod of its own and every restart of a container a log of its own.
 *
 * @param namespace the Kubernetes namespace
 * @param taskRunUid the UID of the TaskRun
 * @param podUid the UID of the pod
 * @param container the container's name, a DNS label
 * @param restart 0 for the first run of the container
 */
public record ContainerLogId(String namespace, String taskRunUid, String podUid, String container, int restart) {

    private static final Pattern DNS_LABEL = Pattern.compile("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?");

    /**
     * Checks every part, because together they become a path.
     *
     * @param namespace the Kubernetes namespace
     * @param taskRunUid the UID of the TaskRun
     * @param podUid the UID of the pod
     * @param container the container's name, a DNS label
     * @param restart 0 for the first run of the container
     * @throws ResultsException {@code INVALID} when a part is malformed
     */
    public ContainerLogId {
        Names.single("namespace", namespace);
        Names.single("TaskRun uid", taskRunUid);
        Names.single("pod uid", podUid);
        Objects.requireNonNull(container, "container");
        if (!DNS_LABEL.matcher(container).matches()) {
            throw ResultsException.invalid("container " + Escaped.of(container) + " is not a DNS label");
        }
        if (restart < 0) {
            throw ResultsException.invalid("restart " + restart + " is negative");
        }
    }

    /**
     * Where the log lies below the prefix of a backend, without a slash at either end.
     *
     * @return {@code NAMESPACE/TASKRUN_UID/POD_UID/CONTAINER/RESTART}
     */
    public String path() {
        return namespace + "/" + taskRunUid + "/" + podUid + "/" + container + "/" + restart;
    }

    /**
     * Reads a path back.
     *
     * @param path what {@link #path()} returned
     * @return the id
     * @throws ResultsException {@code INVALID} for any other text
     */
    public static ContainerLogId parse(String path) {
        String[] parts = path.split("/", -1);
        if (parts.length != 5 || !parts[4].matches("0|[1-9][0-9]{0,8}")) {
            throw ResultsException.invalid(
                    Escaped.of(path) + " is not of the form NAMESPACE/TASKRUN_UID/POD_UID/CONTAINER/RESTART");
        }
        return new ContainerLogId(parts[0], parts[1], parts[2], parts[3], Integer.parseInt(parts[4]));
    }

    @Override
    public String toString() {
        return path();
    }
}
