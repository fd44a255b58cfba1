package ch.sbb.esta.results.jdbi;

class JdbiRecordStatisticsIT extends StatisticsOnPostgres {

    JdbiRecordStatisticsIT() {
        super(Servers.current().newDatabase(), RunSource.COLUMNS);
    }
}
