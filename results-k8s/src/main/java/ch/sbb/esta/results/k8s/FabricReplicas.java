package ch.sbb.esta.results.k8s;

import ch.sbb.esta.results.Escaped;
import ch.sbb.esta.results.spi.Membership;
import ch.sbb.esta.results.spi.Replicas;
import io.fabric8.kubernetes.client.KubernetesClient;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.UUID;
import java.util.function.LongSupplier;
import java.util.regex.Pattern;

/**
 * A group of replicas that is kept by leases of {@code coordination.k8s.io/v1}: one that the leader holds, named like the group, and one
 * for each replica, named {@code GROUP.REPLICA}, all with the label {@code results.esta.sbb.ch/replicas=GROUP}.
 *
 * <p>A lease is over when it was not seen to change for its duration, by this machine's measure of elapsed time; clocks of machines are
 * never compared. Who could not renew for {@link Builder#renewDeadline} does not lead any more, also when a request hangs.
 *
 * <p>Needs {@code list}, {@code create}, {@code update} and {@code delete} of leases in one namespace. Each replica sends a list every
 * {@link Builder#retryPeriod}, the leader a renewal beside it, and each a renewal every third of {@link Builder#leaseDuration}.
 *
 * <p>Thread-safe. The client that is handed in is not closed.
 */
public final class FabricReplicas implements Replicas {

    private final LeaseSettings settings;
    private final LeaseParts parts;

    private FabricReplicas(LeaseSettings settings, LeaseParts parts) {
        this.settings = settings;
        this.parts = parts;
    }

    /**
     * Begins to configure a place in a group.
     *
     * @param client talks to the cluster
     * @param namespace where the leases are; it exists
     * @param group the name of the group, a DNS label: the same for all replicas of one archive, another one for each archive
     * @return a builder
     */
    public static Builder builder(KubernetesClient client, String namespace, String group) {
        return new Builder(client, namespace, group);
    }

    @Override
    public Membership join(Runnable onChange) {
        return enter(onChange);
    }

    LeaseMembership enter(Runnable onChange) {
        LeaseMembership membership = new LeaseMembership(settings, parts, Objects.requireNonNull(onChange, "onChange"));
        membership.begin();
        return membership;
    }

    @Override
    public String toString() {
        return settings.toString();
    }

    /** Configures; not thread-safe. */
    public static final class Builder {

        private static final Pattern LABEL = Pattern.compile("[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?");
        private static final Pattern NAME = Pattern.compile("[a-z0-9]([a-z0-9.-]{0,180}[a-z0-9])?");
        private static final Duration LONGEST = Duration.ofHours(1);

        private final KubernetesClient client;
        private final String namespace;
        private final String group;
        private String identity = "replica-" + UUID.randomUUID();
        private Duration leaseDuration = Duration.ofSeconds(15);
        private Duration renewDeadline = Duration.ofSeconds(10);
        private Duration retryPeriod = Duration.ofSeconds(2);
        private InstantSource clock = InstantSource.system();
        private LongSupplier nanoTime = System::nanoTime;

        private Builder(KubernetesClient client, String namespace, String group) {
            this.client = Objects.requireNonNull(client, "client");
            this.namespace = Objects.requireNonNull(namespace, "namespace");
            this.group = Objects.requireNonNull(group, "group");
        }

        /**
         * Names this replica, differently from all others. Default: {@code replica-} and a random UUID.
         *
         * @param name lower case letters, digits, {@code -} and {@code .}, such as the name of the pod
         * @return this builder
         */
        public Builder identity(String name) {
            this.identity = Objects.requireNonNull(name, "name");
            return this;
        }

        /**
         * Lets others take over from a replica that has not renewed its leases for so long. Default: 15 seconds.
         *
         * @param duration whole seconds, longer than the renew deadline
         * @return this builder
         */
        public Builder leaseDuration(Duration duration) {
            this.leaseDuration = Objects.requireNonNull(duration, "duration");
            return this;
        }

        /**
         * Has this replica stop leading when it could not renew for so long. Default: 10 seconds.
         *
         * @param deadline longer than 1.2 times the retry period
         * @return this builder
         */
        public Builder renewDeadline(Duration deadline) {
            this.renewDeadline = Objects.requireNonNull(deadline, "deadline");
            return this;
        }

        /**
         * Looks at the leases so often. Default: 2 seconds.
         *
         * @param period from one look to the next, up to a fifth longer by chance
         * @return this builder
         */
        public Builder retryPeriod(Duration period) {
            this.retryPeriod = Objects.requireNonNull(period, "period");
            return this;
        }

        /**
         * Sets the clock of the times that people read in the leases. Nothing is decided by it.
         *
         * @param source the system's by default
         * @return this builder
         */
        public Builder clock(InstantSource source) {
            this.clock = Objects.requireNonNull(source, "source");
            return this;
        }

        /** For tests: what measures elapsed time. */
        Builder nanoTime(LongSupplier source) {
            this.nanoTime = source;
            return this;
        }

        /**
         * Makes the place; nothing is asked of the cluster before {@link FabricReplicas#join}.
         *
         * @return the place
         * @throws IllegalArgumentException naming every option that is wrong
         */
        public FabricReplicas build() {
            List<String> wrong = new ArrayList<>();
            if (!LABEL.matcher(namespace).matches()) {
                wrong.add("namespace " + Escaped.of(namespace) + " is not a DNS label");
            }
            if (!LABEL.matcher(group).matches()) {
                wrong.add("group " + Escaped.of(group) + " is not a DNS label");
            }
            if (!NAME.matcher(identity).matches()) {
                wrong.add("identity " + Escaped.of(identity)
                        + " is not made of lower case letters, digits, - and . as names of objects are");
            }
            checkTimes(wrong);
            if (!wrong.isEmpty()) {
                throw new IllegalArgumentException("the replicas are configured wrongly: " + String.join("; ", wrong));
            }
            LeaseSettings settings =
                    new LeaseSettings(namespace, group, identity, leaseDuration, renewDeadline, retryPeriod);
            FabricConfig requests = FabricConfig.builder()
                    .requestTimeout(renewDeadline.dividedBy(2))
                    .build();
            ClusterObjects objects = new ClusterObjects(new ApiRequests(client, requests), requests);
            return new FabricReplicas(settings, new LeaseParts(objects, clock, nanoTime));
        }

        private void checkTimes(List<String> wrong) {
            if (leaseDuration.compareTo(Duration.ofSeconds(1)) < 0
                    || leaseDuration.compareTo(LONGEST) > 0
                    || leaseDuration.toNanosPart() != 0) {
                wrong.add("leaseDuration " + leaseDuration + " is not of whole seconds, 1 to " + LONGEST.toSeconds());
            }
            if (renewDeadline.compareTo(leaseDuration) >= 0) {
                wrong.add("renewDeadline " + renewDeadline + " is not shorter than leaseDuration " + leaseDuration
                        + ": two would lead at once");
            }
            if (retryPeriod.compareTo(Duration.ofMillis(10)) < 0) {
                wrong.add("retryPeriod " + retryPeriod + " is shorter than 10 milliseconds");
            } else if (retryPeriod.multipliedBy(6).dividedBy(5).compareTo(renewDeadline) >= 0) {
                wrong.add("retryPeriod " + retryPeriod + " with a fifth more is not shorter than renewDeadline "
                        + renewDeadline + ": the leader would lose its office in between");
            }
        }
    }
}
