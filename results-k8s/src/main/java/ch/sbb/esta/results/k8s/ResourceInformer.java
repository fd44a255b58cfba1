package ch.sbb.esta.results.k8s;

import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.RunKind;
import ch.sbb.esta.results.internal.LogFields;
import ch.sbb.esta.results.spi.WatchHealth;
import io.fabric8.kubernetes.client.http.AsyncBody;
import io.fabric8.kubernetes.client.http.HttpResponse;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Watches one resource in one namespace or in all: lists in pages, then watches from the version of the list, and begins the watch again
 * from where it stood whenever it ends. It lists anew when that place is forgotten (410), when the watch is silent for too long or fails
 * again and again, and from time to time, because an event may have been lost without a trace. Where the cluster does not serve a version of
 * the resource, the next one is tried, and after the last one the first again, some time later.
 *
 * <p>No thread waits here: each step is begun by the end of the one before. What belongs to an earlier attempt is let go.
 */
final class ResourceInformer {

    private static final Logger LOG = LoggerFactory.getLogger(ResourceInformer.class);

    private static final Duration FIRST_PAUSE = Duration.ofMillis(100);
    private static final Duration LONGEST_PAUSE = Duration.ofSeconds(30);
    /** A server that asks for more is asked earlier. */
    private static final Duration LONGEST_RETRY_AFTER = Duration.ofMinutes(5);
    /** A watch that ends sooner without an event has failed. */
    private static final Duration SHORT = Duration.ofSeconds(1);
    /** As other watchers do: the server ends a watch after five to ten minutes, so that none outlives a server for ever. */
    private static final int WATCH_SECONDS = 300;
    /** After so many failures one after the other the place where the watch stood is given up. */
    private static final int PATIENCE = 5;

    private final WatchSession session;
    private final ResourceVersions resource;
    private final String namespace;
    private final WatchRelay relay;
    private final KnownObjects known = new KnownObjects();
    private final AtomicReference<@Nullable Instant> heard = new AtomicReference<>();
    private final AtomicReference<WatchHealth.@Nullable Trouble> trouble = new AtomicReference<>();
    private final Instant createdAt;
    private volatile long heardAt = System.nanoTime();

    private int attempt;
    private int version;
    private int failures;
    private boolean stopped;
    private boolean streaming;
    /** Whether the open watch has brought an event. */
    private boolean brought;
    /** The version from which the watch goes on; empty when a list must come first. */
    private String position = "";

    /** Under which name the API server says that it serves the kind; empty until it was asked. */
    private String discovered = "";

    private boolean everListed;
    private long listedAt;
    private @Nullable WatchBody open;

    ResourceInformer(WatchSession session, ResourceVersions resource, String namespace, WatchRelay relay) {
        this.session = session;
        this.resource = resource;
        this.namespace = namespace;
        this.relay = relay;
        this.createdAt = session.config().clock().instant();
    }

    Instant createdAt() {
        return createdAt;
    }

    Optional<Instant> lastHeard() {
        return Optional.ofNullable(heard.get());
    }

    Optional<WatchHealth.Trouble> trouble() {
        return Optional.ofNullable(trouble.get());
    }

    /** Whether what is watched must not be seen. */
    boolean isDenied() {
        WatchHealth.Trouble now = trouble.get();
        return now != null && now.code() == Code.DENIED;
    }

    KnownObjects.Counts counts() {
        return known.counts();
    }

    /** Begins with a list after which everything that exists has been delivered. */
    void start() {
        list(nextAttempt(), ListRound.DELIVER_ALL);
    }

    void stop() {
        synchronized (this) {
            stopped = true;
        }
        nextAttempt();
    }

    /** Makes everything that is under way an affair of the past. */
    private int nextAttempt() {
        WatchBody ended;
        int next;
        synchronized (this) {
            next = ++attempt;
            ended = open;
            open = null;
            streaming = false;
        }
        if (ended != null) {
            ended.cancel();
        }
        return next;
    }

    private synchronized boolean isCurrent(int candidate) {
        return !stopped && candidate == attempt;
    }

    private synchronized RunKind kind() {
        return resource.kinds().get(version);
    }

    // ---- list

    private enum ListRound {
        /** After a gap: everything is delivered. */
        DELIVER_ALL,
        /** Without one: only what is not known is delivered. */
        DELIVER_NEWS
    }

    private record Listing(int attempt, ListRound round, Turnstile.Turn turn) {}

    private void list(int current, ListRound round) {
        session.enter(turn -> {
            Listing listing = new Listing(current, round, turn);
            known.beginList();
            ask(listing, "");
        });
    }

    private void ask(Listing listing, String token) {
        if (!isCurrent(listing.attempt)) {
            listing.turn.leave();
            return;
        }
        if (isNameless()) {
            discover(listing);
            return;
        }
        ApiPath path = path().query("limit", Integer.toString(session.config().pageSize()));
        if (!token.isEmpty()) {
            path.query("continue", token);
        }
        CompletableFuture<?> unused = session.get(path)
                .whenCompleteAsync((response, failure) -> answered(listing, response, failure), session::execute);
    }

    private synchronized boolean isNameless() {
        return resource.naming() == ResourceVersions.Naming.DISCOVERED && discovered.isEmpty();
    }

    private void discover(Listing listing) {
        RunKind kind = kind();
        CompletableFuture<?> unused = session.get(KindDiscovery.path(kind))
                .whenCompleteAsync(
                        (response, failure) -> discovered(listing, kind, response, failure), session::execute);
    }

    private void discovered(
            Listing listing, RunKind kind, @Nullable HttpResponse<byte[]> response, @Nullable Throwable failure) {
        if (response == null || failure != null || !response.isSuccessful()) {
            listing.turn.leave();
            failed(listing.attempt, Refusal.of(response, response == null ? null : response.body(), failure));
            return;
        }
        try {
            String name = KindDiscovery.plural(kind, response.body());
            synchronized (this) {
                discovered = name;
            }
        } catch (ResultsException e) {
            listing.turn.leave();
            // A kind without namespaces is waited for too: its definition may be replaced.
            boolean hopeless = e.code() == Code.NOT_FOUND || e.code() == Code.INVALID;
            failed(listing.attempt, new Refusal(hopeless ? HttpURLConnection.HTTP_NOT_FOUND : 0, e, Duration.ZERO));
            return;
        }
        ask(listing, "");
    }

    private void answered(Listing listing, @Nullable HttpResponse<byte[]> response, @Nullable Throwable failure) {
        if (!isCurrent(listing.attempt)) {
            listing.turn.leave();
            return;
        }
        try {
            if (response == null || failure != null || !response.isSuccessful()) {
                listing.turn.leave();
                failed(listing.attempt, Refusal.of(response, response == null ? null : response.body(), failure));
                return;
            }
            RawList page = RawList.read(response.body());
            heard(listing.attempt);
            for (RawResource item : page.items()) {
                boolean unchanged = known.listed(item);
                if (listing.round == ListRound.DELIVER_ALL || !unchanged) {
                    deliver(listing.attempt, kind -> relay.seen(kind, item));
                }
            }
            if (page.continueToken().isEmpty()) {
                listing.turn.leave();
                listed(listing.attempt, page.resourceVersion());
            } else {
                ask(listing, page.continueToken());
            }
        } catch (RuntimeException e) {
            listing.turn.leave();
            failed(listing.attempt, new Refusal(0, ApiFailures.of(e), Duration.ZERO));
        }
    }

    private void listed(int current, String resourceVersion) {
        for (KnownObject gone : known.endList()) {
            deliver(current, kind -> relay.vanished(kind, gone));
        }
        synchronized (this) {
            if (current != attempt) {
                return;
            }
            position = resourceVersion;
            everListed = true;
            listedAt = System.nanoTime();
        }
        watch(current);
    }

    // ---- watch

    private void watch(int current) {
        session.enter(turn -> {
            WatchBody body = new WatchBody(session::execute, line -> take(current, line));
            ApiPath path;
            synchronized (this) {
                if (stopped || current != attempt) {
                    turn.leave();
                    return;
                }
                open = body;
                streaming = true;
                brought = false;
                path = path().query("watch", "true")
                        .query("allowWatchBookmarks", "true")
                        .query("resourceVersion", position)
                        .query("timeoutSeconds", Integer.toString(seconds()));
            }
            heardAt = System.nanoTime();
            long openedAt = heardAt;
            CompletableFuture<?> unused = session.stream(path, body)
                    .whenCompleteAsync(
                            (response, failure) -> {
                                turn.leave();
                                opened(current, body, openedAt, response, failure);
                            },
                            session::execute);
        });
    }

    private static int seconds() {
        return WATCH_SECONDS + ThreadLocalRandom.current().nextInt(WATCH_SECONDS);
    }

    private void opened(
            int current,
            WatchBody body,
            long openedAt,
            @Nullable HttpResponse<AsyncBody> response,
            @Nullable Throwable failure) {
        if (response == null || failure != null) {
            failed(current, Refusal.of(null, null, failure));
            return;
        }
        if (response.isSuccessful() && isCurrent(current)) {
            trouble.set(null);
            noteHeard();
        }
        body.start(response.body(), (rest, thrown) -> {
            if (response.isSuccessful()) {
                ended(current, openedAt);
            } else {
                failed(current, Refusal.of(response, rest, null));
            }
        });
        if (!isCurrent(current)) {
            body.cancel();
        }
    }

    private void take(int current, byte[] line) {
        if (!isCurrent(current)) {
            return;
        }
        try {
            WatchLine event = WatchLine.read(line);
            RawResource object = event.object();
            switch (event.type()) {
                case "ADDED", "MODIFIED" -> {
                    heard(current);
                    if (known.seen(object)) {
                        deliver(current, kind -> relay.seen(kind, object));
                    }
                    advance(current, object.resourceVersion());
                }
                case "DELETED" -> {
                    heard(current);
                    known.deleted(object.uid());
                    deliver(current, kind -> relay.deleted(kind, object));
                    advance(current, object.resourceVersion());
                }
                case "BOOKMARK" -> {
                    heard(current);
                    advance(current, object.resourceVersion());
                }
                case "ERROR" -> failed(current, Refusal.ofStatus(object.json()));
                // An answer that is no success may come as one line too; its end tells.
                default -> LOG.debug("An unknown event of a watch is passed over");
            }
        } catch (RuntimeException e) {
            if (looksLikeStatus(line)) {
                failed(current, Refusal.ofStatus(line));
            } else {
                failed(current, new Refusal(0, ApiFailures.of(e), Duration.ZERO));
            }
        }
    }

    /** The answer that refuses a watch may end with a line feed and is then a line. */
    private static boolean looksLikeStatus(byte[] line) {
        return Refusal.statusCode(line) > 0;
    }

    /** Never back: what is replayed must not be asked for again. */
    private synchronized void advance(int current, String resourceVersion) {
        if (current != attempt || resourceVersion.isEmpty()) {
            return;
        }
        long next = KnownObjects.decimal(resourceVersion);
        if (next < 0 || next >= KnownObjects.decimal(position)) {
            position = resourceVersion;
        }
    }

    private void ended(int current, long openedAt) {
        Duration pause;
        synchronized (this) {
            if (stopped || current != attempt) {
                return;
            }
            boolean soon = !brought && System.nanoTime() - openedAt < SHORT.toNanos();
            open = null;
            streaming = false;
            failures = soon ? failures + 1 : 0;
            pause = soon ? backoff() : jittered(FIRST_PAUSE);
        }
        later(current, pause);
    }

    // ---- what goes wrong

    private void failed(int current, Refusal refusal) {
        if (!isCurrent(current)) {
            return;
        }
        int next = nextAttempt();
        Duration pause;
        synchronized (this) {
            if (stopped || next != attempt) {
                return;
            }
            failures++;
            if (refusal.status() == HttpURLConnection.HTTP_NOT_FOUND) {
                position = "";
                discovered = "";
                RunKind kind = resource.kinds().get(version);
                version = (version + 1) % resource.kinds().size();
                if (version > 0) {
                    LOG.debug(
                            "The cluster does not serve {}, trying {}",
                            kind,
                            resource.kinds().get(version));
                    pause = Duration.ZERO;
                } else {
                    pause = jittered(session.config().kindRetryInterval());
                }
            } else if (refusal.status() == HttpURLConnection.HTTP_GONE
                    || (failures >= PATIENCE && refusal.status() != HttpURLConnection.HTTP_FORBIDDEN)) {
                position = "";
                pause = backoff();
            } else if (refusal.status() == HttpURLConnection.HTTP_FORBIDDEN) {
                pause = jittered(session.config().kindRetryInterval());
            } else {
                pause = backoff();
            }
        }
        if (refusal.status() == HttpURLConnection.HTTP_NOT_FOUND) {
            // The answer that there is no such kind is an answer.
            noteHeard();
        }
        if (refusal.status() != HttpURLConnection.HTTP_GONE && !pause.isZero()) {
            note(refusal.failure());
        }
        Duration asked = refusal.retryAfter();
        if (asked.compareTo(LONGEST_RETRY_AFTER) > 0) {
            asked = LONGEST_RETRY_AFTER;
        }
        later(next, asked.compareTo(pause) > 0 ? asked : pause);
    }

    private void note(ResultsException failure) {
        WatchHealth.Trouble before = trouble.get();
        boolean same = before != null && before.code() == failure.code();
        Instant since = before != null && same
                ? before.since()
                : session.config().clock().instant();
        trouble.set(new WatchHealth.Trouble(namespace, resource.kinds().get(0), failure.code(), text(failure), since));
        if (!same && failure.code() == Code.INVALID) {
            LogFields.of(namespace)
                    .run(() -> LOG.warn(
                            "{} cannot be watched: {}", resource.kinds().get(0), text(failure)));
        } else if (!same && (failure.code() == Code.DENIED || failure.code() == Code.NOT_FOUND)) {
            LogFields.of(namespace)
                    .run(() -> LOG.info(
                            "{} in {} cannot be watched and is asked for again every {}: {}",
                            resource.kinds().get(0),
                            namespace.isEmpty() ? "all namespaces" : namespace,
                            session.config().kindRetryInterval(),
                            text(failure)));
        } else {
            LOG.debug("The watch of {} in {} failed", resource.kinds().get(0), namespace, failure);
        }
    }

    private static String text(ResultsException failure) {
        return String.valueOf(failure.getMessage());
    }

    private void later(int current, Duration pause) {
        session.later(pause, () -> resume(current));
    }

    private void resume(int current) {
        boolean lists;
        ListRound round;
        synchronized (this) {
            if (stopped || current != attempt) {
                return;
            }
            boolean due = everListed
                    && System.nanoTime() - listedAt
                            >= session.config().relistInterval().toNanos();
            boolean gap = position.isEmpty();
            lists = gap || due;
            round = gap ? ListRound.DELIVER_ALL : ListRound.DELIVER_NEWS;
            if (due && !gap) {
                // A cluster that was upgraded meanwhile serves the preferred version.
                version = 0;
            }
        }
        if (lists) {
            list(current, round);
        } else {
            watch(current);
        }
    }

    /** A connection behind a dead router never ends, and a server may lose a watch: nothing but silence tells of either. */
    void lookForSilence() {
        Duration limit = session.config().watchSilenceLimit();
        Duration silence = Duration.ofNanos(System.nanoTime() - heardAt);
        int next;
        synchronized (this) {
            if (stopped || !streaming || silence.compareTo(limit) < 0) {
                return;
            }
        }
        next = nextAttempt();
        LogFields.of(namespace)
                .run(() -> LOG.info(
                        "The watch of {} in {} has been silent for {}, listing and watching again",
                        kind(),
                        namespace.isEmpty() ? "all namespaces" : namespace,
                        silence));
        list(next, ListRound.DELIVER_ALL);
    }

    /** Doubled with every failure, and by chance up to half shorter, so that many watches do not come back together. */
    private Duration backoff() {
        int doublings = Math.min(Math.max(0, failures - 1), 20);
        long millis = Math.min(FIRST_PAUSE.toMillis() << doublings, LONGEST_PAUSE.toMillis());
        return jittered(Duration.ofMillis(millis));
    }

    private static Duration jittered(Duration time) {
        return Duration.ofNanos(
                (long) (time.toNanos() * (1 - ThreadLocalRandom.current().nextDouble() / 2)));
    }

    private void heard(int current) {
        synchronized (this) {
            if (current != attempt) {
                return;
            }
            failures = 0;
            brought = true;
        }
        trouble.set(null);
        noteHeard();
    }

    private void noteHeard() {
        heard.set(session.config().clock().instant());
        heardAt = System.nanoTime();
    }

    private interface Call {
        void to(RunKind kind);
    }

    private void deliver(int current, Call call) {
        RunKind kind = kind();
        session.deliver(() -> {
            if (isCurrent(current)) {
                call.to(kind);
            }
        });
    }

    private ApiPath path() {
        RunKind kind = kind();
        ApiPath path;
        synchronized (this) {
            String plural = discovered.isEmpty() ? ResourceVersions.plural(kind) : discovered;
            path = ApiPath.of(kind, namespace, plural);
        }
        if (!resource.labels().isEmpty()) {
            path.query("labelSelector", resource.labels());
        }
        if (!resource.fields().isEmpty()) {
            path.query("fieldSelector", resource.fields());
        }
        return path;
    }
}
