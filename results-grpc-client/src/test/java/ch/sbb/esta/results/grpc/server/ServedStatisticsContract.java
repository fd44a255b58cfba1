package ch.sbb.esta.results.grpc.server;

import ch.sbb.esta.results.grpc.GrpcRecordStatistics;
import ch.sbb.esta.results.spi.RecordStatistics;
import ch.sbb.esta.results.testkit.RecordStatisticsContract;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.TestInstance;

/** Figures through GetRecordListSummary of our server. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class ServedStatisticsContract extends RecordStatisticsContract {

    private final ServedContract served = ServedContract.plaintext();

    final void serve(RecordStatistics statistics) {
        served.serve(statistics);
    }

    @Override
    protected RecordStatistics statistics() {
        return new GrpcRecordStatistics(served.channel(), ServedContract.options());
    }

    @Override
    protected Set<Ability> abilities() {
        return Set.of();
    }

    @AfterAll
    void stop() {
        served.close();
    }
}
