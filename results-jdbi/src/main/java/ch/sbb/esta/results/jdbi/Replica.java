package ch.sbb.esta.results.jdbi;

import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import java.time.Duration;
import org.jdbi.v3.core.Jdbi;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A standby to read from. After a failure it is left alone for a while, so that not every call waits for a server that is gone. */
final class Replica {

    private static final Logger LOG = LoggerFactory.getLogger(Replica.class);
    static final Duration REST = Duration.ofSeconds(10);

    private final Jdbi jdbi;
    private final Duration rest;
    private boolean failing;
    private long lastTry;

    Replica(Jdbi jdbi, Duration rest) {
        this.jdbi = jdbi;
        this.rest = rest;
    }

    Jdbi jdbi() {
        return jdbi;
    }

    /** Of a failing one, one call after each rest finds out whether it works again. */
    synchronized boolean isUsable() {
        long now = System.nanoTime();
        if (failing && now - lastTry < rest.toNanos()) {
            return false;
        }
        lastTry = now;
        return true;
    }

    synchronized void worked() {
        if (failing) {
            failing = false;
            LOG.info("the read replica answers again");
        }
    }

    /** Whether the primary may know better: the replica is gone, refuses, or has not got the tables yet. */
    static boolean mayPrimaryDoBetter(ResultsException e) {
        return e.code() == Code.UNAVAILABLE || e.code() == Code.DENIED || SqlErrors.isAboutMissingTables(e);
    }

    synchronized void failed(ResultsException e) {
        lastTry = System.nanoTime();
        if (!failing) {
            failing = true;
            LOG.warn("the read replica fails, the primary is read until it answers: {}", e.getMessage());
        }
    }
}
