package ch.sbb.esta.results.testkit;

import ch.sbb.esta.results.memory.InMemoryBlobStore;
import ch.sbb.esta.results.spi.BlobStore;

class SegmentsInMemoryTest extends SegmentedLogsContract {

    @Override
    BlobStore newStore() {
        return new InMemoryBlobStore();
    }

    @Override
    int segmentBytes() {
        return 4 << 20;
    }
}
