package ch.sbb.esta.results.jdbi;

class OldestRecordStatisticsIT extends StatisticsOnPostgres {

    OldestRecordStatisticsIT() {
        super(Servers.oldest().newDatabase(), RunSource.COLUMNS);
    }
}
