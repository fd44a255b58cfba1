package ch.sbb.esta.results.logs;

/** Is told of logs that the secondary of a {@link FanOutLogs} does not have as the primary has them. Returns soon. */
@FunctionalInterface
public interface FanOutListener {

    /**
     * A log was given up. Called from the fan-out's threads and from the thread that opens or closes.
     *
     * @param log which, and why
     */
    void onUncopied(UncopiedLog log);
}
