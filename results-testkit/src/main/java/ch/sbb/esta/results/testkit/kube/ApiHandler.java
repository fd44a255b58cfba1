package ch.sbb.esta.results.testkit.kube;

import ch.sbb.esta.results.testkit.kube.ObjectWrites.Part;
import ch.sbb.esta.results.testkit.kube.ObjectWrites.Target;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadLocalRandom;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Answers HTTP requests: finds what a path and a method mean, and turns refusals into Status objects. */
final class ApiHandler {

    private static final Logger LOG = LoggerFactory.getLogger(ApiHandler.class);
    private static final Set<HttpMethod> WITH_BODY =
            Set.of(HttpMethod.POST, HttpMethod.PUT, HttpMethod.PATCH, HttpMethod.DELETE);

    private final Cluster cluster;
    private final Discovery discovery;
    private final ListPages pages;
    private final Set<WatchStream> watches = ConcurrentHashMap.newKeySet();

    ApiHandler(Cluster cluster) {
        this.cluster = cluster;
        this.discovery = new Discovery(cluster.registry());
        this.pages = new ListPages(cluster.store());
    }

    /** Ends every watch that is open, as a restart or a load balancer does. */
    void endWatches() {
        watches.forEach(WatchStream::end);
    }

    /** Sends every watch that is open the whole history again. */
    void replayHistory() {
        watches.forEach(WatchStream::replay);
    }

    /** How many watches are open. */
    int openWatches() {
        return watches.size();
    }

    /** Tells every watch that is open that its resourceVersion has expired, and ends it. */
    void expireWatches() {
        watches.forEach(WatchStream::expire);
    }

    void handle(HttpServerRequest request) {
        if (!WITH_BODY.contains(request.method())) {
            answer(request, Buffer.buffer());
            return;
        }
        Buffer body = Buffer.buffer();
        int limit = cluster.settings().requestLimit();
        request.handler(part -> {
            if (body.length() <= limit) {
                body.appendBuffer(part);
            }
        });
        request.endHandler(done -> answer(request, body));
    }

    private void answer(HttpServerRequest request, Buffer body) {
        try {
            authenticate(request);
            if (body.length() > cluster.settings().requestLimit()) {
                throw ApiErrors.tooLarge(cluster.settings().requestLimit());
            }
            checkIsJson(request, body);
            route(request, body);
        } catch (KubeApiException e) {
            Replies.json(request.response(), e.code(), Json.bytes(e.status()));
        } catch (RuntimeException e) {
            LOG.error(
                    "request {} {} failed inside the test API server",
                    request.method(),
                    Replies.escape(request.uri()),
                    e);
            Replies.json(
                    request.response(),
                    500,
                    Json.bytes(
                            ApiErrors.internal(String.valueOf(e.getMessage())).status()));
        }
    }

    /** Without credentials everybody is welcome; a bearer token that is not the server's is wrong. */
    private void authenticate(HttpServerRequest request) {
        String given = request.getHeader("Authorization");
        if (given != null
                && given.toLowerCase(Locale.ROOT).startsWith("bearer ")
                && !cluster.tokens().isGood(given.substring(7).strip())) {
            throw ApiErrors.unauthorized();
        }
    }

    /** k8s.io/apiserver/pkg/endpoints/handlers/responsewriters/errors.go: comes before anything about the resource is said. */
    private void authorize(KubeRequest asked) {
        if (!cluster.settings().authorizer().test(asked)) {
            throw ApiErrors.notAllowed(asked);
        }
    }

    /** Protobuf, CBOR and YAML are not offered. */
    private static void checkIsJson(HttpServerRequest request, Buffer body) {
        String type = request.getHeader("Content-Type");
        if (body.length() > 0
                && type != null
                && !request.method().equals(HttpMethod.PATCH)
                && !type.toLowerCase(Locale.ROOT).contains("json")
                && !type.equals("*/*")) {
            throw ApiErrors.unsupportedMediaType("application/json");
        }
    }

    private void route(HttpServerRequest request, Buffer body) {
        List<String> parts = RequestPath.split(Objects.requireNonNullElse(request.path(), ""));
        HttpServerResponse response = request.response();
        boolean reads =
                request.method().equals(HttpMethod.GET) || request.method().equals(HttpMethod.HEAD);
        if (parts.size() == 1 && Set.of("healthz", "readyz", "livez").contains(parts.get(0))) {
            Replies.text(response, 200, "ok");
            return;
        }
        Optional<ObjectNode> document = reads ? discovery.find(parts) : Optional.empty();
        if (document.isPresent()) {
            Replies.json(response, 200, Json.bytes(document.get()));
            return;
        }
        if (request.method().equals(HttpMethod.POST)) {
            Optional<ObjectNode> review = cluster.reviews().find(parts, body.getBytes());
            if (review.isPresent()) {
                Replies.json(response, 201, Json.bytes(review.get()));
                return;
            }
        }
        Optional<RequestPath> path = RequestPath.parse(parts);
        Optional<RequestPath> kept = path.map(EventShape::inCore);
        if (path.isEmpty()
                || kept.isEmpty()
                || !cluster.registry().serves(kept.get().group(), kept.get().version())) {
            Replies.text(response, 404, "404 page not found\n");
            return;
        }
        RequestPath found = kept.get();
        KubeRequest asked = KubeRequest.of(request, path.get());
        Optional<ApiFault> fault = cluster.faults().find(asked);
        if (fault.isPresent()) {
            Replies.fault(response, fault.get());
            return;
        }
        authorize(asked);
        KubeResource resource = cluster.registry()
                .find(found.group(), found.version(), found.plural())
                .orElseThrow(ApiErrors::noSuchResource);
        if (resource.isNamespaced()
                ? found.namespace().isEmpty() && !found.name().isEmpty()
                : !found.namespace().isEmpty()) {
            throw ApiErrors.noSuchResource();
        }
        Target target = new Target(resource, found.version(), found.namespace(), found.name());
        if (found.name().isEmpty() || isCreateByName(request, found, resource)) {
            collection(request, target, body);
        } else if (found.subresource().isEmpty()) {
            object(request, target, Part.MAIN, body);
        } else if (found.subresource().equals("status") && resource.is(KubeResource.Trait.STATUS)) {
            object(request, target, Part.STATUS, body);
        } else if (found.subresource().equals("log") && resource.equals(ResourceRegistry.PODS) && reads) {
            log(request, target);
        } else {
            throw ApiErrors.noSuchResource();
        }
    }

    /**
     * k8s.io/apiextensions-apiserver/pkg/apiserver/customresource_handler.go: custom resources are served by the verb alone, and every POST
     * is a create, which takes the name from the body.
     */
    private static boolean isCreateByName(HttpServerRequest request, RequestPath path, KubeResource resource) {
        return resource.is(KubeResource.Trait.CUSTOM)
                && path.subresource().isEmpty()
                && request.method().equals(HttpMethod.POST);
    }

    private void collection(HttpServerRequest request, Target target, Buffer body) {
        KubeResource resource = target.resource();
        HttpServerResponse response = request.response();
        switch (request.method().name()) {
            case "GET", "HEAD" -> {
                ListOptions options = options(request, target);
                if (ListOptions.flag(request.params(), "watch")) {
                    watch(request, target, options);
                } else {
                    Replies.json(response, 200, pages.list(resource, target.version(), options));
                }
            }
            case "POST" -> {
                if (resource.isNamespaced() && target.namespace().isEmpty()) {
                    throw ApiErrors.methodNotAllowed();
                }
                refuseDryRun(request);
                StoredObject created =
                        cluster.writes().create(target, Json.parseObject(body.getBytes()), manager(request));
                Replies.json(response, 201, created.json(target.version()));
            }
            case "DELETE" -> {
                if (resource.isNamespaced() && target.namespace().isEmpty()) {
                    throw ApiErrors.methodNotAllowed();
                }
                ListOptions options = options(request, target);
                List<StoredObject> found =
                        cluster.writes().deleteAll(target, options.selector(), deleteOptions(request, body));
                ObjectNode metadata = Json.object()
                        .put("resourceVersion", Long.toString(cluster.store().revision()));
                Replies.json(response, 200, ListPages.render(resource, target.version(), metadata, found));
            }
            default -> {
                // k8s.io/apiserver/pkg/endpoints/handlers/namer.go: an update or a patch of a custom resource that
                // names none.
                throw resource.is(KubeResource.Trait.CUSTOM)
                        ? ApiErrors.badRequest("name must be provided")
                        : ApiErrors.methodNotAllowed();
            }
        }
    }

    private static ListOptions options(HttpServerRequest request, Target target) {
        return ListOptions.parse(
                target.resource(), target.namespace(), EventShape.query(request.params(), target.version()));
    }

    private void object(HttpServerRequest request, Target target, Part part, Buffer body) {
        HttpServerResponse response = request.response();
        ObjectWrites writes = cluster.writes();
        switch (request.method().name()) {
            case "GET", "HEAD" -> {
                String version = ListOptions.text(request.params(), "resourceVersion");
                long asked = version.isEmpty() ? 0 : ListOptions.revision(version);
                if (asked > cluster.store().revision()) {
                    throw ApiErrors.resourceVersionTooLarge(
                            asked, cluster.store().revision());
                }
                Replies.json(response, 200, writes.get(target).json(target.version()));
            }
            case "PUT" -> {
                refuseDryRun(request);
                StoredObject updated = writes.update(target, part, Json.parseObject(body.getBytes()), manager(request));
                Replies.json(response, 200, updated.json(target.version()));
            }
            case "PATCH" -> {
                refuseDryRun(request);
                if (Patches.isApply(request.getHeader("Content-Type"))) {
                    ObjectWrites.Applied applied = writes.apply(
                            target, part, ApplyOptions.parse(request.params()), Patches.yaml(body.getBytes()));
                    Replies.json(
                            response,
                            applied.created() ? 201 : 200,
                            applied.object().json(target.version()));
                    return;
                }
                ApplyOptions.refuseForce(request.params());
                ObjectWrites.Change change = new ObjectWrites.Change(
                        manager(request), Patches.parse(request.getHeader("Content-Type"), body.getBytes()));
                Replies.json(response, 200, writes.patch(target, part, change).json(target.version()));
            }
            case "DELETE" -> {
                if (part == Part.STATUS) {
                    throw ApiErrors.methodNotAllowed();
                }
                ObjectWrites.Deleted deleted = writes.delete(target, deleteOptions(request, body));
                Replies.json(response, 200, Replies.deleted(target, deleted));
            }
            default -> throw ApiErrors.methodNotAllowed();
        }
    }

    /** {@code k8s.io/apiserver/pkg/endpoints/handlers/create.go}: who names no field manager goes by the name of his program. */
    private static String manager(HttpServerRequest request) {
        String named = ListOptions.text(request.params(), "fieldManager");
        if (!named.isEmpty()) {
            return ApplyOptions.checkManager(named, "UpdateOptions");
        }
        String program = Objects.requireNonNullElse(request.getHeader("User-Agent"), "");
        String name = program.replaceAll("/.*", "").replaceAll("[^\\x20-\\x7e]", "");
        return name.substring(0, Math.min(name.length(), ApplyOptions.LONGEST_MANAGER));
    }

    private static void refuseDryRun(HttpServerRequest request) {
        if (request.params().contains("dryRun")) {
            throw ApiErrors.badRequest("dryRun is not offered by this server: send the request without it");
        }
    }

    /** Options come in the body, or as parameters where there is none. */
    private static DeleteOptions deleteOptions(HttpServerRequest request, Buffer body) {
        refuseDryRun(request);
        ObjectNode options = Json.object();
        for (String text : List.of("propagationPolicy")) {
            if (request.params().contains(text)) {
                options.put(text, request.params().get(text));
            }
        }
        if (request.params().contains("gracePeriodSeconds")) {
            options.put("gracePeriodSeconds", ListOptions.number(request.params(), "gracePeriodSeconds", 0));
        }
        if (ListOptions.flag(request.params(), "orphanDependents")) {
            options.put("orphanDependents", true);
        }
        if (body.length() > 0) {
            JsonNode given = Json.parseObject(body.getBytes());
            given.properties().forEach(field -> options.set(field.getKey(), field.getValue()));
        }
        return DeleteOptions.parse(options);
    }

    private void watch(HttpServerRequest request, Target target, ListOptions options) {
        Context context = context();
        if (cluster.settings().goneAsHttpStatus() && WatchStream.isTooOld(cluster.store(), options)) {
            throw WatchStream.tooOld(cluster.store(), options);
        }
        if ("websocket".equalsIgnoreCase(request.getHeader("Upgrade"))) {
            if (request.getHeader("Origin") == null) {
                // golang.org/x/net/websocket, server.go: the default handshake refuses a null origin.
                Replies.text(request.response(), 403, "");
                return;
            }
            request.toWebSocket()
                    .onSuccess(socket -> watch(EventSinks.webSocket(socket, context.owner()), context, target, options))
                    .onFailure(failure -> LOG.debug("a websocket watch could not be opened", failure));
        } else {
            watch(EventSinks.chunked(request.response()), context, target, options);
        }
    }

    private void watch(EventSink sink, Context context, Target target, ListOptions options) {
        WatchStream stream = new WatchStream(
                cluster, new WatchStream.Subject(target.resource(), target.version()), options, sink, context);
        watches.add(stream);
        Duration longest = options.timeout();
        if (longest == null || longest.isZero()) {
            // k8s.io/apiserver/pkg/endpoints/handlers/get.go: the minimum times one to two, so that watches do not end
            // together.
            longest = cluster.settings()
                    .watchTimeout()
                    .multipliedBy(100 + ThreadLocalRandom.current().nextInt(100))
                    .dividedBy(100);
        }
        stream.start(cluster.settings().bookmarkInterval(), longest, () -> watches.remove(stream));
    }

    private void log(HttpServerRequest request, Target target) {
        StoredObject pod = cluster.writes().get(target);
        LogOptions options = LogOptions.parse(
                target.name(), request.params(), cluster.settings().clock().instant());
        AttemptLog log = cluster.logs().open(pod, options);
        LogFault fault = cluster.logs().fault(pod, options).orElse(null);
        if (fault != null && fault.kind == LogFault.Kind.ANSWER) {
            Replies.text(request.response(), fault.status, fault.text);
            return;
        }
        new LogStream(
                        log,
                        new LogStream.Request(options, cluster.settings().logZone(), fault),
                        request.response(),
                        context())
                .start();
    }

    /** The event loop of the connection: everything of a stream runs there. */
    private static Context context() {
        return Objects.requireNonNull(Vertx.currentContext(), "requests are handled on an event loop");
    }
}
