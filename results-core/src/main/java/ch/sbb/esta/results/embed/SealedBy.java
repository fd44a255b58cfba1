package ch.sbb.esta.results.embed;

/** Who seals the logs that an archive speaks of. */
enum SealedBy {
    /** This process alone, which is told of each. */
    THIS_PROCESS,
    /** Any replica, of which this process is not told. */
    ANY_REPLICA
}
