package ch.sbb.esta.results.k8s;

import java.time.Duration;

/**
 * Where the leases of a group of replicas lie and how long they hold.
 *
 * @param namespace where the leases are
 * @param group the name of the group and of the leader's lease
 * @param identity the name of this replica
 * @param leaseDuration how long a lease counts that nobody renews
 * @param renewDeadline how long who leads goes on without having renewed
 * @param retryPeriod from one look to the next
 */
record LeaseSettings(
        String namespace,
        String group,
        String identity,
        Duration leaseDuration,
        Duration renewDeadline,
        Duration retryPeriod) {

    /** A group has no dot in its name, so that the name of no leader's lease is that of a member's lease of another group. */
    String memberLease() {
        return group + "." + identity;
    }

    /** Early enough for one renewal to fail. */
    Duration memberRenewal() {
        return leaseDuration.dividedBy(3);
    }
}
