package ch.sbb.esta.results.k8s;

import java.time.InstantSource;
import java.util.function.LongSupplier;

/**
 * What leases are kept with.
 *
 * @param clock tells the times that people read
 * @param nanoTime measures elapsed time
 */
record LeaseParts(ClusterObjects objects, InstantSource clock, LongSupplier nanoTime) {}
