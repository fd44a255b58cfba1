package ch.sbb.esta.results.embed;

import ch.sbb.esta.results.ReplicaView;
import ch.sbb.esta.results.ReplicaView.Role;
import ch.sbb.esta.results.spi.Membership;
import ch.sbb.esta.results.spi.Replicas;
import java.time.InstantSource;
import java.util.List;

/** A group of one, which leads for as long as it is a member. Thread-safe. */
final class SingleReplica implements Replicas {

    static final String NAME = "single";

    private final InstantSource clock;

    SingleReplica(InstantSource clock) {
        this.clock = clock;
    }

    @Override
    public Membership join(Runnable onChange) {
        return new Alone(new ReplicaView(NAME, Role.LEADER, List.of(NAME), clock.instant()));
    }

    private final class Alone implements Membership {

        private volatile ReplicaView view;

        Alone(ReplicaView view) {
            this.view = view;
        }

        @Override
        public ReplicaView view() {
            return view;
        }

        @Override
        public void close() {
            if (view.isLeader()) {
                view = new ReplicaView(NAME, Role.STANDBY, List.of(), clock.instant());
            }
        }
    }
}
