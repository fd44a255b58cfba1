package ch.sbb.esta.results.internal;

import ch.sbb.esta.results.ContainerLogId;
import ch.sbb.esta.results.Escaped;
import ch.sbb.esta.results.RecordName;
import ch.sbb.esta.results.RunSnapshot;
import ch.sbb.esta.results.spi.ClusterRuns.RunKey;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.MDC;

/**
 * Says what the log events of a piece of work are about, as fields that an appender can filter by.
 *
 * <p>They lie in the MDC while the work is done, so events of libraries below carry them too, and backends without the fluent interface of
 * slf4j do not paste them into the message. What was there before comes back. A failure that is to be logged with them is caught inside.
 */
public final class LogFields {

    /** The namespace of a run, a log or a list. */
    public static final String NAMESPACE = "namespace";
    /** The kind of a run. */
    public static final String KIND = "kind";
    /** The name of a run. */
    public static final String NAME = "name";
    /** The UID of a run; of a log the UID of its TaskRun. */
    public static final String UID = "uid";
    /** The UID of a pod. */
    public static final String POD = "pod";
    /** The name of a container. */
    public static final String CONTAINER = "container";
    /** The tenant. */
    public static final String TENANT = "tenant";
    /** The name of this replica. */
    public static final String REPLICA = "replica";

    /** What no appender can take for something else, in a pattern either; other text is escaped. */
    private static final Pattern PLAIN = Pattern.compile("[\\p{Alnum}._:/@-]{1,253}");

    private final Map<String, String> fields = new LinkedHashMap<>();

    private LogFields() {}

    /**
     * About a run.
     *
     * @param run the run
     * @return the fields
     */
    public static LogFields of(RunSnapshot run) {
        return of(run.namespace())
                .with(KIND, run.kind().kind())
                .with(NAME, run.name())
                .with(UID, run.uid());
    }

    /**
     * About a run of which only the key is known.
     *
     * @param run the key
     * @return the fields
     */
    public static LogFields of(RunKey run) {
        return of(run.namespace())
                .with(KIND, run.kind().kind())
                .with(NAME, run.name())
                .with(UID, run.uid());
    }

    /**
     * About the Record of a run.
     *
     * @param run the Record
     * @param uid the run's UID
     * @return the fields
     */
    public static LogFields of(RecordName run, String uid) {
        return of(run.parent()).with(UID, uid);
    }

    /**
     * About the log of a container.
     *
     * @param log the log
     * @return the fields
     */
    public static LogFields of(ContainerLogId log) {
        return of(log.namespace())
                .with(UID, log.taskRunUid())
                .with(POD, log.podUid())
                .with(CONTAINER, log.container());
    }

    /**
     * About the logs of a TaskRun.
     *
     * @param namespace its namespace
     * @param uid its UID
     * @return the fields
     */
    public static LogFields ofTaskRun(String namespace, String uid) {
        return of(namespace).with(KIND, "TaskRun").with(UID, uid);
    }

    /**
     * About a pod.
     *
     * @param namespace its namespace
     * @param uid its UID
     * @return the fields
     */
    public static LogFields ofPod(String namespace, String uid) {
        return of(namespace).with(POD, uid);
    }

    /**
     * About a namespace.
     *
     * @param namespace the namespace; none when it is empty
     * @return the fields
     */
    public static LogFields of(String namespace) {
        return new LogFields().with(NAMESPACE, namespace);
    }

    /**
     * About a tenant.
     *
     * @param namespace the namespace that the tenant is named by
     * @return the fields
     */
    public static LogFields ofTenant(String namespace) {
        return of(namespace).with(TENANT, namespace);
    }

    /**
     * About the work of a replica.
     *
     * @param replica its name
     * @return the fields
     */
    public static LogFields ofReplica(String replica) {
        return new LogFields().with(REPLICA, replica);
    }

    private LogFields with(String key, String value) {
        if (!value.isEmpty()) {
            fields.put(key, PLAIN.matcher(value).matches() ? value : Escaped.of(value));
        }
        return this;
    }

    /**
     * Does a piece of work.
     *
     * @param work what is logged while it is done has the fields
     */
    public void run(Runnable work) {
        Boolean unused = call(() -> {
            work.run();
            return true;
        });
    }

    /**
     * Does a piece of work that has an outcome.
     *
     * @param work what is logged while it is done has the fields
     * @param <T> the type of the outcome
     * @return the outcome
     */
    public <T> T call(Supplier<T> work) {
        Map<String, @Nullable String> before = new HashMap<>();
        fields.forEach((key, value) -> {
            before.put(key, MDC.get(key));
            MDC.put(key, value);
        });
        try {
            return work.get();
        } finally {
            before.forEach(LogFields::restore);
        }
    }

    private static void restore(String key, @Nullable String value) {
        if (value == null) {
            MDC.remove(key);
        } else {
            MDC.put(key, value);
        }
    }
}
