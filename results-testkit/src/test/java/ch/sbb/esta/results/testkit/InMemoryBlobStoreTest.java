package ch.sbb.esta.results.testkit;

import ch.sbb.esta.results.memory.InMemoryBlobStore;
import ch.sbb.esta.results.spi.BlobStore;

class InMemoryBlobStoreTest extends BlobStoreContract {

    @Override
    protected BlobStore newStore() {
        return new InMemoryBlobStore();
    }
}
