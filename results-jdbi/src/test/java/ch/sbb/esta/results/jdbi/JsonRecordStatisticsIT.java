package ch.sbb.esta.results.jdbi;

class JsonRecordStatisticsIT extends StatisticsOnPostgres {

    JsonRecordStatisticsIT() {
        super(Servers.current().newDatabase(), RunSource.JSON);
    }
}
