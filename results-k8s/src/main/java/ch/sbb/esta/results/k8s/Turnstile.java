package ch.sbb.esta.results.k8s;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.Executor;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Consumer;

/** Lets so many pieces of work go on at once. The others wait in line, without a thread. Thread-safe. */
final class Turnstile {

    private final Executor executor;
    private final Deque<Consumer<Turn>> waiting = new ArrayDeque<>();
    private int free;

    Turnstile(int atOnce, Executor executor) {
        this.free = atOnce;
        this.executor = executor;
    }

    /** Begins the work on the executor when it is its turn. The work must leave, whatever happens. */
    void enter(Consumer<Turn> work) {
        synchronized (this) {
            if (free == 0) {
                waiting.add(work);
                return;
            }
            free--;
        }
        begin(work);
    }

    private void begin(Consumer<Turn> work) {
        executor.execute(() -> {
            Turn turn = new Turn();
            try {
                work.accept(turn);
            } catch (RuntimeException | Error e) {
                turn.leave();
                throw e;
            }
        });
    }

    /** The right to go on. */
    final class Turn {

        private final AtomicBoolean left = new AtomicBoolean();

        /** Lets the next one in. No effect when it was called before. */
        void leave() {
            if (!left.compareAndSet(false, true)) {
                return;
            }
            Consumer<Turn> next;
            synchronized (Turnstile.this) {
                next = waiting.poll();
                if (next == null) {
                    free++;
                    return;
                }
            }
            begin(next);
        }
    }
}
