package ch.sbb.esta.results.spi;

import ch.sbb.esta.results.RunKind;
import java.util.Objects;

/**
 * Delivers the runs of a cluster as they are and as they change.
 *
 * <p><b>Concurrency.</b> The handler is called from any thread, possibly from several at once. It must not block: it only takes note.
 *
 * <p><b>Idempotency and ordering.</b> At least once, in no promised order; old versions may come again. After a gap in the watch every
 * run that exists is delivered again; runs that vanished meanwhile are simply absent.
 *
 * <p><b>Tenancy.</b> Which namespaces are watched is the business of the implementation's configuration.
 *
 * <p><b>Failure.</b> A lost connection is healed by the implementation; {@link Watching#lastHeard()} tells the age of its knowledge. An
 * exception of the handler is logged and does not end the watch.
 *
 * <p><b>Lifecycle.</b> The client that is handed in is not closed.
 */
public interface RunWatcher {

    /**
     * Begins to watch.
     *
     * @param handler takes what is seen
     * @return the running watch
     */
    Watching watch(Handler handler);

    /** Takes what a watcher sees. */
    @FunctionalInterface
    interface Handler {

        /**
         * Takes one version of a run; returns at once.
         *
         * @param event what was seen
         */
        void onRun(Event event);
    }

    /** One version of one run, as a watcher saw it. Immutable, as long as nobody writes into the array of {@link #json()}. */
    final class Event {

        private final Type type;
        private final RunKind kind;
        private final byte[] json;

        /**
         * Creates an event.
         *
         * @param type whether the run exists
         * @param kind the kind that was watched
         * @param json the object as UTF-8 JSON with every field; of a deleted run the last state that is known; kept, not copied
         */
        public Event(Type type, RunKind kind, byte[] json) {
            this.type = Objects.requireNonNull(type, "type");
            this.kind = Objects.requireNonNull(kind, "kind");
            this.json = Objects.requireNonNull(json, "json");
        }

        /**
         * Whether the run exists.
         *
         * @return the type
         */
        public Type type() {
            return type;
        }

        /**
         * The kind that was watched.
         *
         * @return the kind
         */
        public RunKind kind() {
            return kind;
        }

        /**
         * The object with every field.
         *
         * @return UTF-8 JSON, not a copy: do not write into it
         */
        public byte[] json() {
            return json;
        }

        /** Whether the run exists. */
        public enum Type {
            /** The run exists in this version. */
            SEEN,
            /** The run is gone; this was its last version as far as known. */
            DELETED
        }
    }
}
