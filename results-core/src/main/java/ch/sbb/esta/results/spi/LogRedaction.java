package ch.sbb.esta.results.spi;

import ch.sbb.esta.results.ContainerLogId;

/**
 * Takes secrets out of the text of logs before it is stored.
 *
 * <p>Lines are redacted one by one, in pieces as they come from the network, so a long line never lies in memory. What becomes of a line
 * must follow from its bytes alone, however they are cut into pieces, and what was handed on of a line must not hang on what follows: a
 * collector that comes back after a cut or a crash knows its place by the redacted lines.
 *
 * <p><b>Concurrency.</b> A redaction is thread-safe; a session belongs to one thread.
 *
 * <p><b>Failure.</b> A session that throws ends the reading of the log for now; it is tried again, and nothing unredacted is stored.
 */
public interface LogRedaction {

    /**
     * By which name the index of a log says that it was redacted.
     *
     * @return 1 to 200 characters, no secret
     */
    String name();

    /**
     * Begins to read a log.
     *
     * @param id which log
     * @return a session for one stream
     */
    Session open(ContainerLogId id);

    /** Redacts the lines of one stream. */
    interface Session {

        /** A line begins; what was held back of an unfinished one before is forgotten. */
        void begin();

        /**
         * Takes bytes of the line and hands on what can be decided.
         *
         * @param buffer where the bytes are; not kept
         * @param offset the first byte
         * @param length how many bytes
         * @param out takes the bytes to be stored
         */
        void take(byte[] buffer, int offset, int length, Output out);

        /**
         * The line is over: hands on what was held back. A newline was the last byte that was taken, but for the last line of a log.
         *
         * @param out takes the bytes to be stored
         */
        void end(Output out);
    }

    /** Takes bytes. */
    @FunctionalInterface
    interface Output {

        /**
         * Takes bytes that are to be stored.
         *
         * @param buffer where they are; not kept
         * @param offset the first byte
         * @param length how many bytes
         */
        void write(byte[] buffer, int offset, int length);
    }
}
