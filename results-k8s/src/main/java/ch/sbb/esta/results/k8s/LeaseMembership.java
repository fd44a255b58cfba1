package ch.sbb.esta.results.k8s;

import ch.sbb.esta.results.ReplicaView;
import ch.sbb.esta.results.ReplicaView.Role;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import ch.sbb.esta.results.internal.Background;
import ch.sbb.esta.results.internal.LogFields;
import ch.sbb.esta.results.internal.StopSignal;
import ch.sbb.esta.results.spi.Membership;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One replica's place in a group that is kept by leases: in rounds it lists the leases of the group, renews its own, and takes or renews
 * that of the leader. A lease that was not seen to change for its duration is over. Thread-safe.
 */
final class LeaseMembership implements Membership {

    private static final Logger LOG = LoggerFactory.getLogger(LeaseMembership.class);
    private static final double JITTER = 0.2;
    /** The leader removes leases of members that are long gone: nobody else may take them for alive then. */
    private static final int FORGOTTEN = 4;

    /** In so many rounds one leader's lease at least was made, unless something is wrong. */
    private static final int NOT_LISTED = 5;

    /** So often a lease is handed back that changed in between: by a renewal of our own that arrived late, or by a person. */
    private static final int HAND_BACKS = 10;

    private final LeaseSettings settings;
    private final LeaseParts parts;
    private final Runnable onChange;
    /** Differs from that of any other process, also of one that bears the same name by mistake or had it before. */
    private final String holder;

    private final Background rounds = new Background("esta-results-replicas");
    private final Background watchdog = new Background("esta-results-replicas-watchdog");

    /** Of the thread that makes rounds. */
    private final SeenLeases seen = new SeenLeases();

    private int notListed;
    private boolean failing;
    private boolean wasHeldByThis;
    private boolean toldOfNamesake;

    private final Object publishing = new Object();
    private volatile ReplicaView view;
    private volatile List<String> members = List.of();
    private volatile @Nullable Long leaderRenewedAt;
    private volatile @Nullable Long memberRenewedAt;
    private volatile boolean left;

    LeaseMembership(LeaseSettings settings, LeaseParts parts, Runnable onChange) {
        this.settings = settings;
        this.parts = parts;
        this.onChange = onChange;
        this.holder = settings.identity() + "_" + UUID.randomUUID();
        this.view = new ReplicaView(
                settings.identity(), Role.STANDBY, List.of(), parts.clock().instant());
    }

    /** Makes the first round on the caller's thread. */
    void begin() {
        round();
        rounds.start(this::repeat);
        // A request that hangs must not keep a leader in office.
        watchdog.start(signal -> {
            while (signal.await(settings.retryPeriod())) {
                publish();
            }
        });
    }

    @Override
    public ReplicaView view() {
        return view;
    }

    @Override
    public void close() {
        synchronized (publishing) {
            if (left) {
                return;
            }
            left = true;
        }
        stop();
        try {
            boolean done = false;
            for (int i = 0; i < HAND_BACKS && !done; i++) {
                done = handBack();
            }
            if (!done) {
                othersWait("its leases changed again and again");
            }
        } catch (ResultsException e) {
            othersWait(e.getMessage());
        }
        publish();
    }

    private void othersWait(@Nullable String why) {
        LOG.info(
                "replica {}: the others were not told that it left, and wait for {}: {}",
                settings.identity(),
                settings.leaseDuration(),
                why);
    }

    /** Ends as a process does that is killed. */
    void abandon() {
        synchronized (publishing) {
            left = true;
        }
        stop();
        publish();
    }

    private void stop() {
        rounds.interrupt();
        watchdog.interrupt();
        leaderRenewedAt = null;
        members = List.of();
    }

    /** Whether no lease of this replica has changed in between. */
    private boolean handBack() {
        boolean done = true;
        for (Lease lease : list()) {
            if (lease.holder().equals(holder)) {
                done &= unlessOutdated(() -> handBack(lease));
            }
        }
        return done;
    }

    private void handBack(Lease lease) {
        if (lease.isLeaders()) {
            replace(lease.released(parts.clock().instant()));
        } else {
            parts.objects().delete(ClusterObjects.LEASE, settings.namespace(), lease.object());
        }
    }

    private void repeat(StopSignal signal) {
        while (signal.await(jittered(settings.retryPeriod()))) {
            round();
        }
    }

    private static Duration jittered(Duration time) {
        double factor = 1 + JITTER * ThreadLocalRandom.current().nextDouble();
        return Duration.ofNanos((long) (time.toNanos() * factor));
    }

    private void round() {
        LogFields.ofReplica(settings.identity()).run(this::tryRound);
    }

    private void tryRound() {
        try {
            long asked = parts.nanoTime().getAsLong();
            List<Lease> leases = list();
            seen.observe(leases, parts.nanoTime().getAsLong());
            unlessOutdated(() -> elect(leases, asked));
            unlessOutdated(() -> renewMember(leases));
            members = alive(leases, asked);
            publish();
            if (isLeading()) {
                unlessOutdated(() -> cleanUp(leases, asked));
            }
            if (failing) {
                failing = false;
                LOG.info("replica {}: the leases are reached again", settings.identity());
            }
        } catch (RuntimeException e) {
            failed(e);
        }
        publish();
    }

    /** What another replica changed in between is looked at in the next round: false then. */
    private boolean unlessOutdated(Runnable step) {
        try {
            step.run();
            return true;
        } catch (OutdatedException e) {
            LOG.debug("replica {}: a lease changed in between", settings.identity(), e);
            return false;
        }
    }

    private void failed(RuntimeException e) {
        if (left) {
            return;
        }
        if (!failing) {
            failing = true;
            LOG.warn(
                    "replica {}: the leases of {} in {} cannot be read or written, it is tried again: {}",
                    settings.identity(),
                    settings.group(),
                    settings.namespace(),
                    e.getMessage());
        }
        LOG.debug("replica {}: the leases cannot be read or written", settings.identity(), e);
    }

    private List<Lease> list() {
        List<Lease> leases = new ArrayList<>();
        parts.objects()
                .list(
                        ClusterObjects.LEASE,
                        settings.namespace(),
                        Lease.GROUP_LABEL + "=" + settings.group(),
                        each -> leases.add(new Lease(ClusterObjects.read(each.json()))));
        return leases;
    }

    private void renewMember(List<Lease> leases) {
        Optional<Lease> own = leases.stream()
                .filter(lease -> !lease.isLeaders() && lease.name().equals(settings.memberLease()))
                .findFirst();
        boolean held = own.isPresent() && own.get().holder().equals(holder);
        Long last = memberRenewedAt;
        long now = parts.nanoTime().getAsLong();
        if (held && last != null && now - last < settings.memberRenewal().toNanos()) {
            return;
        }
        if (wasHeldByThis && own.isPresent() && !held && !toldOfNamesake) {
            toldOfNamesake = true;
            LOG.warn(
                    "replica {}: another process has the same name; give each its own, such as its pod's",
                    settings.identity());
        }
        Lease next = held(own.orElseGet(() -> Lease.create(settings, Lease.MEMBER)));
        if (own.isPresent()) {
            replace(next);
        } else {
            make(next);
        }
        wasHeldByThis = true;
        memberRenewedAt = now;
    }

    /** Takes the leader's lease where it is free, and renews it where it is held. */
    private void elect(List<Lease> leases, long asked) {
        Optional<Lease> current = leases.stream().filter(Lease::isLeaders).findFirst();
        notListed = current.isPresent() ? 0 : notListed + 1;
        if (notListed == NOT_LISTED) {
            LOG.warn(
                    "replica {}: the lease {} in {} cannot be made, nor is it listed: one without the label {} is in the way; remove it",
                    settings.identity(),
                    settings.group(),
                    settings.namespace(),
                    Lease.GROUP_LABEL);
        }
        boolean own = current.isPresent() && current.get().holder().equals(holder);
        boolean free = current.isEmpty() || current.get().holder().isEmpty() || seen.isOver(current.get(), 1, asked);
        if (!own && !free) {
            leaderRenewedAt = null;
            return;
        }
        // The others see the change later than this, so they wait for longer than this counts.
        long sent = parts.nanoTime().getAsLong();
        if (current.isPresent()) {
            replace(held(current.get()));
        } else {
            make(held(Lease.create(settings, Lease.LEADER)));
        }
        leaderRenewedAt = sent;
    }

    private Lease held(Lease lease) {
        return lease.heldBy(holder, settings.leaseDuration(), parts.clock().instant());
    }

    private void replace(Lease lease) {
        parts.objects().replace(ClusterObjects.LEASE, settings.namespace(), lease.object());
    }

    private void make(Lease lease) {
        try {
            parts.objects().create(ClusterObjects.LEASE, settings.namespace(), lease.object());
        } catch (OutdatedException e) {
            if (e.getCause() instanceof ResultsException refusal && refusal.code() == Code.NOT_FOUND) {
                throw new ResultsException(
                        Code.NOT_FOUND,
                        "there is no namespace " + settings.namespace()
                                + ", or no Leases are served there; make it, or give FabricReplicas another one",
                        refusal);
            }
            throw e;
        }
    }

    private List<String> alive(List<Lease> leases, long asked) {
        List<String> alive = new ArrayList<>(List.of(settings.identity()));
        String prefix = settings.group() + ".";
        for (Lease lease : leases) {
            if (!lease.isLeaders() && lease.name().startsWith(prefix) && !seen.isOver(lease, 1, asked)) {
                alive.add(lease.name().substring(prefix.length()));
            }
        }
        return alive;
    }

    private void cleanUp(List<Lease> leases, long asked) {
        for (Lease lease : leases) {
            if (!lease.isLeaders()
                    && !lease.name().equals(settings.memberLease())
                    && seen.isOver(lease, FORGOTTEN, asked)) {
                parts.objects().delete(ClusterObjects.LEASE, settings.namespace(), lease.object());
                LOG.info("replica {}: removed the lease {} of one that is gone", settings.identity(), lease.name());
            }
        }
    }

    private boolean isLeading() {
        Long renewed = leaderRenewedAt;
        return !left
                && renewed != null
                && parts.nanoTime().getAsLong() - renewed
                        < settings.renewDeadline().toNanos();
    }

    private void publish() {
        synchronized (publishing) {
            ReplicaView before = view;
            Role role = isLeading() ? Role.LEADER : Role.STANDBY;
            Instant since =
                    role == before.role() ? before.since() : parts.clock().instant();
            ReplicaView now = new ReplicaView(settings.identity(), role, left ? List.of() : members, since);
            if (now.equals(before)) {
                return;
            }
            view = now;
            LOG.info("replica {} of {}: {}, alive are {}", now.self(), settings.group(), now.role(), now.members());
            if (!left) {
                onChange.run();
            }
        }
    }
}
