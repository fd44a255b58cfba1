package ch.sbb.esta.results.s3;

import ch.sbb.esta.results.spi.BlobStore;
import ch.sbb.esta.results.testkit.BlobStoreContract;
import ch.sbb.esta.results.testkit.s3.S3Server;
import ch.sbb.esta.results.testkit.s3.S3Server.ConditionalPuts;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import software.amazon.awssdk.services.s3.S3Client;

/** A store without conditional puts, once probed, keeps the whole contract within one process. */
@Tag("long")
class S3SingleWriterContractIT extends BlobStoreContract {

    private static final AtomicInteger STORES = new AtomicInteger();

    private static S3Server server;
    private static S3Client client;

    @BeforeAll
    static void start() {
        server = S3Server.builder().conditionalPuts(ConditionalPuts.IGNORED).open();
        server.createBucket("contract");
        client = Server.client(server);
    }

    @AfterAll
    static void stop() {
        client.close();
        server.close();
    }

    @Override
    protected BlobStore newStore() {
        S3BlobStore store = new S3BlobStore(
                client,
                S3BlobStoreConfig.builder("contract")
                        .prefix("store-" + STORES.incrementAndGet())
                        .multipartThreshold(16 << 20)
                        .build());
        store.probe();
        return store;
    }
}
