package ch.sbb.esta.results.samples.benchmarks;

import com.sun.management.GarbageCollectionNotificationInfo;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.lang.management.MemoryUsage;
import java.util.Map;
import java.util.Set;
import java.util.Timer;
import java.util.TimerTask;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import javax.management.Notification;
import javax.management.NotificationEmitter;
import javax.management.NotificationListener;
import javax.management.openmbean.CompositeData;

/**
 * Watches the heap of this JVM: right before a collection it is at a peak, and right behind a full one, which it asks for every few seconds, it holds what
 * somebody needs. Thread-safe.
 */
final class HeapWatch {

    private static final double MEGABYTE = 1 << 20;
    private static final long PERIOD_MILLIS = 3000;

    private final Set<String> heap = ManagementFactory.getMemoryPoolMXBeans().stream()
            .filter(pool -> pool.getType() == MemoryType.HEAP)
            .map(MemoryPoolMXBean::getName)
            .collect(Collectors.toSet());
    private final AtomicLong peak = new AtomicLong();
    private final AtomicLong live = new AtomicLong();

    private HeapWatch() {}

    static HeapWatch begin() {
        HeapWatch watch = new HeapWatch();
        NotificationListener listener = (notification, unused) -> watch.collected(notification);
        for (GarbageCollectorMXBean collector : ManagementFactory.getGarbageCollectorMXBeans()) {
            ((NotificationEmitter) collector).addNotificationListener(listener, null, null);
        }
        new Timer("heap-watch", true).schedule(new FullCollection(), PERIOD_MILLIS, PERIOD_MILLIS);
        return watch;
    }

    private static final class FullCollection extends TimerTask {
        @Override
        public void run() {
            System.gc();
        }
    }

    private void collected(Notification notification) {
        if (notification.getType().equals(GarbageCollectionNotificationInfo.GARBAGE_COLLECTION_NOTIFICATION)) {
            GarbageCollectionNotificationInfo collection =
                    GarbageCollectionNotificationInfo.from((CompositeData) notification.getUserData());
            raise(peak, used(collection.getGcInfo().getMemoryUsageBeforeGc()));
            if (collection.getGcCause().equals("System.gc()")) {
                raise(live, used(collection.getGcInfo().getMemoryUsageAfterGc()));
            }
        }
    }

    private long used(Map<String, MemoryUsage> pools) {
        return pools.entrySet().stream()
                .filter(pool -> heap.contains(pool.getKey()))
                .mapToLong(pool -> pool.getValue().getUsed())
                .sum();
    }

    private static void raise(AtomicLong highest, long value) {
        highest.accumulateAndGet(value, Math::max);
    }

    /** The most that was in use at once, garbage included, in MB of 1,048,576 bytes. */
    double peak() {
        raise(peak, ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed());
        return peak.get() / MEGABYTE;
    }

    /** The most that was in use behind a full collection, in MB of 1,048,576 bytes; 0 before the first. */
    double live() {
        return live.get() / MEGABYTE;
    }
}
