package ch.sbb.esta.results.jdbi;

/** Which of several servers a connection is opened to; each server is asked what it is. */
public enum TargetServer {
    /** The first one that answers. */
    ANY("any"),
    /** The one that takes writes. */
    PRIMARY("primary"),
    /** A standby; none that takes writes. */
    REPLICA("secondary"),
    /** A standby, or the primary where no standby answers. */
    REPLICA_PREFERRED("preferSecondary");

    private final String driverName;

    TargetServer(String driverName) {
        this.driverName = driverName;
    }

    String driverName() {
        return driverName;
    }
}
