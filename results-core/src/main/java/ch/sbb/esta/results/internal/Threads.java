package ch.sbb.esta.results.internal;

import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Makes threads for work that blocks, and waits for their end: virtual ones where the running JDK has them (21 and later), else daemon
 * threads. Thread-safe.
 */
public final class Threads {

    private static final @Nullable MethodHandle OF_VIRTUAL = ofVirtual();

    private Threads() {}

    /**
     * A factory of threads for work that blocks.
     *
     * @param name the beginning of the threads' names; a number follows
     * @return the factory
     */
    public static ThreadFactory named(String name) {
        Objects.requireNonNull(name, "name");
        AtomicLong count = new AtomicLong();
        return task -> unstarted(name + "-" + count.incrementAndGet(), task);
    }

    /**
     * Waits until a thread has ended, and interrupts it when that takes too long. An interrupt of the caller ends the waiting, reaches
     * the thread too, and stays set.
     *
     * @param thread ends soon after an interrupt
     * @param limit how long it may go on undisturbed; at least a millisecond is given
     */
    public static void join(Thread thread, Duration limit) {
        try {
            thread.join(Math.max(1, limit.toMillis()));
            thread.interrupt();
            thread.join();
        } catch (InterruptedException e) {
            thread.interrupt();
            Thread.currentThread().interrupt();
        }
    }

    private static Thread unstarted(String name, Runnable task) {
        if (OF_VIRTUAL != null) {
            try {
                Thread thread = (Thread) OF_VIRTUAL.invoke(task);
                thread.setName(name);
                return thread;
            } catch (Throwable e) {
                throw new IllegalStateException("this JDK makes no virtual threads although it says that it can", e);
            }
        }
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        return thread;
    }

    /** {@code Thread.ofVirtual().unstarted(task)}, found at run time because the class files are of Java 17. */
    private static @Nullable MethodHandle ofVirtual() {
        try {
            MethodHandles.Lookup lookup = MethodHandles.publicLookup();
            Class<?> builder = Class.forName("java.lang.Thread$Builder$OfVirtual");
            MethodHandle of = lookup.findStatic(Thread.class, "ofVirtual", MethodType.methodType(builder));
            MethodHandle unstarted =
                    lookup.findVirtual(builder, "unstarted", MethodType.methodType(Thread.class, Runnable.class));
            return MethodHandles.foldArguments(unstarted, of);
        } catch (ReflectiveOperationException e) {
            return null;
        }
    }
}
