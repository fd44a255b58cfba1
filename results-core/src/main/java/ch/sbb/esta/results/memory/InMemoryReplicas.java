package ch.sbb.esta.results.memory;

import ch.sbb.esta.results.ReplicaView;
import ch.sbb.esta.results.ReplicaView.Role;
import ch.sbb.esta.results.spi.Membership;
import ch.sbb.esta.results.spi.Replicas;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * A group of replicas in one JVM. Who joined first leads; when it leaves or is cut off the next one does. Listeners are called on the
 * thread that changes the group. Thread-safe.
 */
public final class InMemoryReplicas {

    private final InstantSource clock;
    private final List<Member> members = new ArrayList<>();

    /**
     * Creates a group without members.
     *
     * @param clock says since when a replica has its role
     */
    public InMemoryReplicas(InstantSource clock) {
        this.clock = Objects.requireNonNull(clock, "clock");
    }

    /**
     * A place in the group.
     *
     * @param name the name of the replica; of one name only one may have joined at a time
     * @return the role to hand to an archive
     */
    public Replicas replica(String name) {
        Objects.requireNonNull(name, "name");
        return onChange -> join(new Member(name, Objects.requireNonNull(onChange, "onChange")));
    }

    /**
     * Cuts a replica off, as when nothing is heard of it any more: it does not lead and sees itself alone, the others do not see it.
     *
     * @param name the name of the replica; nothing happens when it is no member
     */
    public void cutOff(String name) {
        List<Runnable> told = new ArrayList<>();
        synchronized (this) {
            for (Member member : List.copyOf(members)) {
                if (member.name.equals(name)) {
                    members.remove(member);
                    member.set(Role.STANDBY, List.of(name));
                    told.add(member.onChange);
                }
            }
            told.addAll(update());
        }
        told.forEach(Runnable::run);
    }

    private Membership join(Member member) {
        List<Runnable> told;
        synchronized (this) {
            if (members.stream().anyMatch(other -> other.name.equals(member.name))) {
                throw new IllegalStateException("the replica " + member.name + " has joined already");
            }
            members.add(member);
            told = update();
        }
        told.forEach(Runnable::run);
        return member;
    }

    /** What has to be called for those that see something new. */
    private List<Runnable> update() {
        List<String> names = members.stream().map(member -> member.name).toList();
        List<Runnable> told = new ArrayList<>();
        for (int i = 0; i < members.size(); i++) {
            if (members.get(i).set(i == 0 ? Role.LEADER : Role.STANDBY, names)) {
                told.add(members.get(i).onChange);
            }
        }
        return told;
    }

    private final class Member implements Membership {

        private final String name;
        private final Runnable onChange;
        private volatile ReplicaView view;

        Member(String name, Runnable onChange) {
            this.name = name;
            this.onChange = onChange;
            this.view = new ReplicaView(name, Role.STANDBY, List.of(), clock.instant());
        }

        /** Says whether that is new. */
        boolean set(Role role, List<String> names) {
            Instant since = role == view.role() ? view.since() : clock.instant();
            ReplicaView next = new ReplicaView(name, role, names, since);
            boolean news = !next.equals(view);
            view = next;
            return news;
        }

        @Override
        public ReplicaView view() {
            return view;
        }

        @Override
        public void close() {
            List<Runnable> told;
            synchronized (InMemoryReplicas.this) {
                members.remove(this);
                set(Role.STANDBY, List.of());
                told = update();
            }
            told.forEach(Runnable::run);
        }
    }
}
