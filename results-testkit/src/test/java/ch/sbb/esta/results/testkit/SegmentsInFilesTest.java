package ch.sbb.esta.results.testkit;

import ch.sbb.esta.results.file.FileSystemBlobStore;
import ch.sbb.esta.results.spi.BlobStore;

class SegmentsInFilesTest extends SegmentedLogsContract {

    @Override
    BlobStore newStore() {
        return new FileSystemBlobStore(directory.resolve("blobs"));
    }

    @Override
    int segmentBytes() {
        return 64 << 10;
    }
}
