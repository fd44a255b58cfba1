package ch.sbb.esta.results.samples.quarkus;

import ch.sbb.esta.results.embed.ArchiveStats;
import ch.sbb.esta.results.embed.ResultsArchive;
import jakarta.inject.Singleton;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/** For readiness only: a restart mends no store. */
@Readiness
@Singleton
class ResultsReadiness implements HealthCheck {

    private final ResultsArchive archive;

    ResultsReadiness(ResultsArchive archive) {
        this.archive = archive;
    }

    @Override
    public HealthCheckResponse call() {
        ArchiveStats stats = archive.stats();
        return HealthCheckResponse.named("results")
                .status(stats.isHealthy())
                .withData("waiting", stats.archiver().waiting().runs())
                .withData("spooled", stats.archiver().waiting().spooled())
                .build();
    }
}
