package ch.sbb.esta.results.jdbi;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.util.function.Consumer;
import javax.sql.ConnectionEvent;
import javax.sql.ConnectionEventListener;
import org.postgresql.ds.PGPooledConnection;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A connection that is lent again and again, and comes back when its handle is closed. */
final class TenantConnection {

    private static final Logger LOG = LoggerFactory.getLogger(TenantConnection.class);

    private final Connection physical;
    private final PGPooledConnection pooled;
    private final long opened = System.nanoTime();
    private volatile long returned = opened;
    private volatile boolean broken;

    TenantConnection(Connection physical, Consumer<TenantConnection> giveBack) {
        this.physical = physical;
        this.pooled = new PGPooledConnection(physical, true);
        pooled.addConnectionEventListener(new ConnectionEventListener() {
            @Override
            public void connectionClosed(ConnectionEvent event) {
                returned = System.nanoTime();
                giveBack.accept(TenantConnection.this);
            }

            @Override
            public void connectionErrorOccurred(ConnectionEvent event) {
                broken = true;
            }
        });
    }

    Connection handle() throws SQLException {
        return pooled.getConnection();
    }

    boolean isBroken() {
        try {
            return broken || physical.isClosed();
        } catch (SQLException e) {
            return true;
        }
    }

    boolean answers(int seconds) {
        try {
            return physical.isValid(seconds);
        } catch (SQLException e) {
            return false;
        }
    }

    boolean isIdleFor(Duration time) {
        return System.nanoTime() - returned >= time.toNanos();
    }

    boolean isOlderThan(Duration time) {
        return System.nanoTime() - opened >= time.toNanos();
    }

    boolean isIdleLongerThan(TenantConnection other) {
        return returned - other.returned < 0;
    }

    void closeForGood() {
        try {
            physical.close();
        } catch (SQLException e) {
            LOG.debug("closing a connection failed", e);
        }
    }
}
