package ch.sbb.esta.results.testkit.kube;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.file.FileSystemOptions;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import java.time.Duration;
import java.time.InstantSource;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A Kubernetes API server in the JVM, for tests of what talks to one: real HTTP/1.1, over TLS also HTTP/2 with the 100 concurrent streams per connection of a
 * real server, websocket and plain watches, a history of resourceVersions, and pods whose logs grow while they are followed.
 *
 * <p>It keeps objects as JSON and knows no schemas. It plays the scheduler (a pod is bound when it is created), the node's part in deletions (a pod stays for
 * its grace period), the namespace and the garbage collection controllers. It runs no containers: tests write their statuses and their logs with the methods
 * below, which follow the same rules as requests and throw {@link KubeApiException} where a request is refused.
 *
 * <p>Troubles on request: {@link #faults()} answers requests with 429, 500, 503, 504 or 410; {@link #forgetHistory()} lets watches and page tokens expire,
 * {@link #expireWatches()} those that are open; {@link #endWatches()} and {@link #expireTokens()} do as they say.
 *
 * <p>Left out on purpose: admission, users (a test may refuse requests by what they ask for), schemas - so that server-side apply knows no lists
 * but those of the metadata, and takes every other one as a whole -, strategic merge patch, dry run.
 *
 * <p>Safe for many threads. Close it to stop listening and to end every stream.
 */
public final class KubeApiServer implements AutoCloseable {

    private static final String HOST = "127.0.0.1";
    private static final int LARGEST_FRAME = 64 * 1024 * 1024;
    private static final int START_SECONDS = 30;

    private final Cluster cluster;
    private final Controllers controllers;
    private final Vertx vertx;
    private final ApiHandler handler;
    private final int port;
    private final @Nullable Certificates certificates;

    private KubeApiServer(Settings settings, List<KubeResource> resources) {
        cluster = new Cluster(settings);
        resources.forEach(cluster.registry()::register);
        controllers = new Controllers(cluster);
        certificates = settings.tls() ? Certificates.make() : null;
        vertx = Vertx.vertx(new VertxOptions()
                .setUseDaemonThread(true)
                .setFileSystemOptions(
                        new FileSystemOptions().setFileCachingEnabled(false).setClassPathResolvingEnabled(false)));
        handler = new ApiHandler(cluster);
        port = listen();
        controllers.start();
        if (settings.containerLogMaxSize() < Long.MAX_VALUE) {
            vertx.setPeriodic(
                    settings.logCheckInterval().toMillis(),
                    id -> cluster.logs().rotateLargerThan(settings.containerLogMaxSize()));
        }
    }

    private int listen() {
        HttpServer server = vertx.createHttpServer(options()).requestHandler(handler::handle);
        try {
            return server.listen()
                    .toCompletionStage()
                    .toCompletableFuture()
                    .get(START_SECONDS, TimeUnit.SECONDS)
                    .actualPort();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            close();
            throw new IllegalStateException("interrupted while the test API server started", e);
        } catch (ExecutionException | TimeoutException e) {
            close();
            throw new IllegalStateException("the test API server could not listen on " + HOST, e);
        }
    }

    private HttpServerOptions options() {
        HttpServerOptions options = new HttpServerOptions()
                .setHost(HOST)
                .setPort(0)
                .setHttp2ClearTextEnabled(false)
                .setMaxWebSocketFrameSize(LARGEST_FRAME)
                .setMaxWebSocketMessageSize(LARGEST_FRAME);
        if (certificates != null) {
            ServerTls.apply(options, certificates);
        }
        return options;
    }

    /**
     * Starts to configure a server.
     *
     * @return a builder with the defaults
     */
    public static Builder builder() {
        return new Builder();
    }

    /**
     * Where it listens.
     *
     * @return such as {@code http://127.0.0.1:41234}, without a slash at the end
     */
    public String url() {
        return (certificates == null ? "http://" : "https://") + HOST + ":" + port;
    }

    /**
     * The port it listens on.
     *
     * @return a port of 127.0.0.1
     */
    public int port() {
        return port;
    }

    /**
     * The certificate of the authority that signed the server's, for clients to trust.
     *
     * @return PEM; empty without TLS
     */
    public String caCertificate() {
        return certificates == null ? "" : certificates.authority();
    }

    /**
     * The bearer token that the kubeconfig carries. Requests without credentials are welcome; those with another token are refused with 401.
     *
     * @return the token that was issued last
     */
    public String token() {
        return cluster.tokens().newest();
    }

    /**
     * Issues a further token, as the kubelet asks for one before the old one expires. The old ones are good until they expire.
     *
     * @return the token, which is {@link #token()} from now on
     */
    public String issueToken() {
        return cluster.tokens().issue();
    }

    /** Refuses all tokens issued so far with 401, as when they have expired; watches and logs that are open stay. */
    public void expireTokens() {
        cluster.tokens().expireAll();
    }

    /**
     * What goes wrong with requests.
     *
     * @return the faults of this server
     */
    public ApiFaults faults() {
        return cluster.faults();
    }

    /**
     * A kubeconfig for this server, with one context of the namespace {@code default}.
     *
     * @return YAML
     */
    public String kubeconfig() {
        return Kubeconfig.text(url(), caCertificate(), token());
    }

    /**
     * Serves a further custom resource.
     *
     * @param resource the resource; replaces one of the same group and plural
     */
    public void register(KubeResource resource) {
        cluster.registry().register(requireNonNull(resource, "resource"));
    }

    /**
     * Creates an object, as {@code POST} does: uid, times and resourceVersion are the server's, status is dropped where it has a path of its own.
     *
     * @param object with apiVersion, kind and metadata
     * @return the object as it is kept
     * @throws KubeApiException if it is refused
     */
    public ObjectNode create(ObjectNode object) {
        ObjectWrites.Target target = target(object);
        return tree(target, cluster.writes().create(target, object, Cluster.DIRECT));
    }

    /**
     * Makes a namespace unless it is there.
     *
     * @param name its name
     */
    public void ensureNamespace(String name) {
        cluster.ensureNamespace(requireNonNull(name, "name"));
    }

    /**
     * Replaces an object, as {@code PUT} does.
     *
     * @param object the whole object; custom resources need the resourceVersion
     * @return the object as it is kept
     * @throws KubeApiException if it is refused
     */
    public ObjectNode update(ObjectNode object) {
        ObjectWrites.Target target = target(object);
        return tree(target, cluster.writes().update(target, ObjectWrites.Part.MAIN, object, Cluster.DIRECT));
    }

    /**
     * Applies a configuration, as server-side apply does without force; creates the object if it is absent.
     *
     * @param configuration with apiVersion, kind, name and the fields that the manager wants to own
     * @param fieldManager who applies
     * @return the object as it is kept
     * @throws KubeApiException if it is refused, also because of a conflict
     */
    public ObjectNode apply(ObjectNode configuration, String fieldManager) {
        ObjectWrites.Target target = target(configuration);
        ApplyOptions options = new ApplyOptions(requireNonNull(fieldManager, "fieldManager"), false);
        return tree(
                target,
                cluster.writes()
                        .apply(target, ObjectWrites.Part.MAIN, options, configuration)
                        .object());
    }

    /**
     * Replaces the status of an object, as {@code PUT} on its status path does.
     *
     * @param object the whole object, of which only the status counts
     * @return the object as it is kept
     * @throws KubeApiException if it is refused
     */
    public ObjectNode updateStatus(ObjectNode object) {
        ObjectWrites.Target target = target(object);
        return tree(target, cluster.writes().update(target, ObjectWrites.Part.STATUS, object, Cluster.DIRECT));
    }

    /**
     * Changes an object by a JSON merge patch.
     *
     * @param reference which object
     * @param patch what to merge; null removes
     * @return the object as it is kept
     * @throws KubeApiException if it is refused
     */
    public ObjectNode patch(KubeReference reference, ObjectNode patch) {
        ObjectWrites.Target target = cluster.target(reference);
        return patch(target, ObjectWrites.Part.MAIN, patch);
    }

    /**
     * Changes the status of an object by a JSON merge patch.
     *
     * @param reference which object
     * @param status what to merge into the status itself, without the field {@code status} around it; null removes
     * @return the object as it is kept
     * @throws KubeApiException if it is refused
     */
    public ObjectNode patchStatus(KubeReference reference, ObjectNode status) {
        ObjectWrites.Target target = cluster.target(reference);
        ObjectNode patch = Json.object();
        patch.set("status", status);
        return patch(target, ObjectWrites.Part.STATUS, patch);
    }

    /**
     * Deletes an object, in the background, with its own grace period; a no-op when it is absent.
     *
     * @param reference which object
     */
    public void delete(KubeReference reference) {
        delete(reference, Json.object());
    }

    /**
     * Deletes an object; a no-op when it is absent.
     *
     * @param reference which object
     * @param options a {@code DeleteOptions}: {@code gracePeriodSeconds}, {@code preconditions}, {@code propagationPolicy}
     * @throws KubeApiException if a precondition does not hold
     */
    public void delete(KubeReference reference, ObjectNode options) {
        try {
            cluster.writes().delete(cluster.target(reference), DeleteOptions.parse(options));
        } catch (KubeApiException e) {
            if (e.code() != 404) {
                throw e;
            }
        }
    }

    /**
     * Finds an object.
     *
     * @param reference which object
     * @return a copy of it, in the version asked for; empty if it is absent
     */
    public Optional<ObjectNode> find(KubeReference reference) {
        ObjectWrites.Target target = cluster.target(reference);
        return cluster.store()
                .find(target.resource(), target.namespace(), target.name())
                .map(object -> object.toTree(target.version()));
    }

    /**
     * Lists the objects of a kind.
     *
     * @param apiVersion such as {@code tekton.dev/v1}
     * @param kind such as {@code TaskRun}
     * @param namespace empty for all
     * @return copies, ordered by namespace and name
     */
    public List<ObjectNode> list(String apiVersion, String kind, String namespace) {
        KubeResource resource = cluster.registry().get(apiVersion, kind);
        List<ObjectNode> found = new ArrayList<>();
        for (StoredObject object : cluster.store().snapshot(resource).objects().values()) {
            if (namespace.isEmpty() || namespace.equals(object.namespace())) {
                found.add(object.toTree(ResourceRegistry.version(apiVersion)));
            }
        }
        return found;
    }

    /**
     * Keeps an object exactly as it is given, as captured from another cluster: apiVersion, uid, resourceVersion, times, status and finalizers stay, nothing
     * is checked.
     * Its namespace is made if it is missing. An object of the same name is replaced.
     *
     * <p>The server's own counter jumps to the object's resourceVersion if that is ahead. One that lies behind is kept on the object all the same, so load
     * captured objects before clients watch: an event with an old resourceVersion would make them resume there.
     *
     * @param object with apiVersion, kind, name and uid
     * @return the object as it is kept; the resourceVersion is the server's if it had none that is a number
     * @throws KubeApiException if its kind is not registered
     */
    public ObjectNode load(ObjectNode object) {
        ObjectWrites.Target target = target(object);
        if (target.resource().isNamespaced()) {
            cluster.ensureNamespace(target.namespace());
        }
        return tree(target, cluster.writes().load(target, object));
    }

    /**
     * Appends what a container of a pod writes now. Readers see whole lines at once, the rest when the line or the container ends.
     *
     * <p>Which attempt writes follows from {@code restartCount} in the pod's status; a container that the status calls terminated cannot write.
     *
     * @param namespace the pod's namespace
     * @param pod the pod's name
     * @param container the container's name
     * @param bytes any bytes
     * @throws KubeApiException if there is no such pod or container, or it has terminated
     */
    public void appendLog(String namespace, String pod, String container, byte[] bytes) {
        ObjectWrites.Target target = cluster.target(KubeReference.pod(namespace, pod));
        cluster.logs().append(cluster.writes().get(target), container, bytes);
    }

    /**
     * The node's side of a container's log: rotations, cuts, wrong answers.
     *
     * @param namespace the pod's namespace
     * @param pod the pod's name
     * @param container the container's name
     * @return a handle; the pod is looked up at each call
     */
    public NodeLog nodeLog(String namespace, String pod, String container) {
        return new NodeLog(cluster, KubeReference.pod(namespace, pod), requireNonNull(container, "container"));
    }

    /** Forgets the history of changes, as compaction does: watches and page tokens from before are answered with 410. */
    public void forgetHistory() {
        cluster.store().compact();
    }

    /** Sends an ERROR event with 410 to every open watch and ends it, as when the server has lost its place in the history. */
    public void expireWatches() {
        handler.expireWatches();
    }

    /** Sends every open watch the history of its resource again from the beginning: old versions come again, and objects that are long gone. */
    public void replayHistory() {
        handler.replayHistory();
    }

    /**
     * How many watches are open.
     *
     * @return their number
     */
    public int openWatches() {
        return handler.openWatches();
    }

    /** Ends every open watch, as a restart of the server or its time limit does. */
    public void endWatches() {
        handler.endWatches();
    }

    /**
     * Says whose a token is: what a TokenReview answers. The token opens no door of this server itself.
     *
     * @param token the token
     * @param user the name of its user
     * @param groups the groups of the user; {@code system:authenticated} is always one more
     */
    public void identify(String token, String user, String... groups) {
        cluster.reviews().identify(requireNonNull(token, "token"), requireNonNull(user, "user"), List.of(groups));
    }

    /**
     * Forgets whose a token is, as when it has expired.
     *
     * @param token the token
     */
    public void forgetToken(String token) {
        cluster.reviews().forget(token);
    }

    /**
     * Grants a right: what a SubjectAccessReview answers.
     *
     * @param subject the name of a user or a group
     * @param verb such as {@code get}
     * @param resource {@code PLURAL.GROUP}, {@code PLURAL/SUBRESOURCE.GROUP}, and behind a space the name if it is asked for one
     * @param namespace where; empty for everywhere
     */
    public void grant(String subject, String verb, String resource, String namespace) {
        cluster.reviews().grant(subject, verb, resource, namespace);
    }

    /**
     * How many reviews of tokens and of access were answered.
     *
     * @return the number since the start
     */
    public int reviews() {
        return cluster.reviews().answered();
    }

    private ObjectWrites.Target target(ObjectNode object) {
        return cluster.target(KubeReference.of(object));
    }

    private ObjectNode patch(ObjectWrites.Target target, ObjectWrites.Part part, ObjectNode patch) {
        ObjectWrites.Change change = new ObjectWrites.Change(Cluster.DIRECT, Patches.merge(patch));
        return tree(target, cluster.writes().patch(target, part, change));
    }

    private static ObjectNode tree(ObjectWrites.Target target, StoredObject object) {
        return object.toTree(target.version());
    }

    /** Stops listening, ends every stream and cuts every connection. */
    @Override
    public void close() {
        controllers.close();
        try {
            vertx.close().toCompletionStage().toCompletableFuture().get(START_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (ExecutionException | TimeoutException e) {
            throw new IllegalStateException("the test API server did not stop", e);
        }
    }

    /** Configures a server; not safe for many threads. */
    public static final class Builder {

        private InstantSource clock = InstantSource.system();
        private ZoneId logZone = ZoneOffset.UTC;
        private boolean tls;
        private boolean goneAsHttpStatus;
        private int historyChanges = 10_000;
        private long containerLogMaxSize = Long.MAX_VALUE;
        private Duration logCheckInterval = Duration.ofSeconds(10);
        private int requestLimit = 3 * 1024 * 1024;
        private Duration bookmarkInterval = Duration.ofMinutes(1);
        private Duration watchTimeout = Duration.ofMinutes(30);
        private @Nullable Duration tokenLifetime;
        private Predicate<KubeRequest> authorizer = request -> true;
        private final List<KubeResource> resources = new ArrayList<>();

        private Builder() {}

        /**
         * Serves TLS with a certificate of its own, with HTTP/2 where the client negotiates it. Default: plain HTTP/1.1.
         *
         * @return this builder
         */
        public Builder tls() {
            tls = true;
            return this;
        }

        /**
         * Takes creation, deletion and log times from a clock. Default: the system's.
         *
         * @param clock what tells the time
         * @return this builder
         */
        public Builder clock(InstantSource clock) {
            this.clock = requireNonNull(clock, "clock");
            return this;
        }

        /**
         * Writes the timestamps of logs in a zone, as nodes do that are not set to UTC. Default: UTC.
         *
         * @param zone the nodes' zone
         * @return this builder
         */
        public Builder logZone(ZoneId zone) {
            this.logZone = requireNonNull(zone, "zone");
            return this;
        }

        /**
         * Rotates the log files of containers as kubelets do: one that is found larger at a check is replaced by an empty one, and only the
         * newest can be read. Default: never.
         *
         * @param maxSize bytes of text, at least 1; kubelets have 10 MiB unless configured
         * @param checkInterval how often to check, positive; kubelets check every 10 seconds
         * @return this builder
         */
        public Builder rotateLogs(long maxSize, Duration checkInterval) {
            this.containerLogMaxSize = maxSize;
            this.logCheckInterval = requireNonNull(checkInterval, "checkInterval");
            return this;
        }

        /**
         * Bounds the history of changes from which watches and pages resume. Default: 10000; also at most 128 MiB are kept.
         *
         * @param changes how many changes, of all resources together; at least 1
         * @return this builder
         */
        public Builder historyChanges(int changes) {
            this.historyChanges = changes;
            return this;
        }

        /**
         * Sends a bookmark to watches that asked for them every so often. Default: one minute.
         *
         * @param interval positive
         * @return this builder
         */
        public Builder bookmarkInterval(Duration interval) {
            this.bookmarkInterval = requireNonNull(interval, "interval");
            return this;
        }

        /**
         * Ends watches that did not ask for a time after this to twice this. Default: 30 minutes.
         *
         * @param atLeast positive
         * @return this builder
         */
        public Builder watchTimeout(Duration atLeast) {
            this.watchTimeout = requireNonNull(atLeast, "atLeast");
            return this;
        }

        /**
         * Answers a watch from a forgotten resourceVersion with the HTTP status 410. Default: status 200 and an ERROR event, as servers with a watch cache do.
         *
         * @return this builder
         */
        public Builder goneAsHttpStatus() {
            goneAsHttpStatus = true;
            return this;
        }

        /**
         * Lets tokens expire, by the server's clock. Default: never.
         *
         * @param lifetime positive; service accounts have an hour unless configured
         * @return this builder
         */
        public Builder tokenLifetime(Duration lifetime) {
            this.tokenLifetime = requireNonNull(lifetime, "lifetime");
            return this;
        }

        /**
         * Bounds the body of a request. Default: 3 MiB, as a real server does.
         *
         * @param bytes at least 1
         * @return this builder
         */
        public Builder requestLimit(int bytes) {
            this.requestLimit = bytes;
            return this;
        }

        /**
         * Serves a further custom resource beside Tekton's runs.
         *
         * @param resource the resource
         * @return this builder
         */
        public Builder resource(KubeResource resource) {
            resources.add(requireNonNull(resource, "resource"));
            return this;
        }

        /**
         * Refuses requests with 403, as RBAC does. It is asked about every request for resources; watches that are open stay. Default: everything is
         * allowed.
         *
         * @param allowed whether a request is allowed; safe for many threads
         * @return this builder
         */
        public Builder authorizer(Predicate<KubeRequest> allowed) {
            this.authorizer = requireNonNull(allowed, "allowed");
            return this;
        }

        /**
         * Starts a server on a free port of 127.0.0.1.
         *
         * @return the server, listening
         * @throws IllegalArgumentException if an option is wrong; names all that are
         */
        public KubeApiServer start() {
            List<String> wrong = new ArrayList<>();
            check(historyChanges >= 1, "historyChanges must be at least 1, was " + historyChanges, wrong);
            check(requestLimit >= 1, "requestLimit must be at least 1 byte, was " + requestLimit, wrong);
            check(containerLogMaxSize >= 1, "maxSize must be at least 1 byte, was " + containerLogMaxSize, wrong);
            check(logCheckInterval.toMillis() > 0, "checkInterval must be positive, was " + logCheckInterval, wrong);
            check(bookmarkInterval.toMillis() > 0, "bookmarkInterval must be positive, was " + bookmarkInterval, wrong);
            check(watchTimeout.toMillis() > 0, "watchTimeout must be positive, was " + watchTimeout, wrong);
            check(
                    tokenLifetime == null || tokenLifetime.toMillis() > 0,
                    "tokenLifetime must be positive, was " + tokenLifetime,
                    wrong);
            if (!wrong.isEmpty()) {
                throw new IllegalArgumentException(String.join("; ", wrong));
            }
            return new KubeApiServer(
                    new Settings(
                            clock,
                            logZone,
                            containerLogMaxSize,
                            logCheckInterval,
                            tls,
                            goneAsHttpStatus,
                            historyChanges,
                            requestLimit,
                            bookmarkInterval,
                            watchTimeout,
                            Optional.ofNullable(tokenLifetime),
                            authorizer),
                    resources);
        }

        private static void check(boolean holds, String otherwise, List<String> wrong) {
            if (!holds) {
                wrong.add(otherwise);
            }
        }
    }
}
