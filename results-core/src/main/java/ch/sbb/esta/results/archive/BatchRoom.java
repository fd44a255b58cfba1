package ch.sbb.esta.results.archive;

/** How much still fits into a batch; the first object fits always. Used by one thread. */
final class BatchRoom {

    private final int maxRuns;
    private final long maxBytes;
    private int reservedRuns;
    private long reservedBytes;
    private int runs;
    private long bytes;

    BatchRoom(int maxRuns, long maxBytes) {
        this.maxRuns = maxRuns;
        this.maxBytes = maxBytes;
    }

    boolean take(long size) {
        int freeRuns = maxRuns - reservedRuns - runs;
        if (freeRuns <= 0 || (runs > 0 && bytes + size > maxBytes - reservedBytes)) {
            return false;
        }
        runs++;
        bytes += size;
        return true;
    }

    /** Keeps a quarter free, one place at least. */
    void reserve() {
        reservedRuns = maxRuns / 4 + 1;
        reservedBytes = maxBytes / 4;
    }

    void release() {
        reservedRuns = 0;
        reservedBytes = 0;
    }
}
