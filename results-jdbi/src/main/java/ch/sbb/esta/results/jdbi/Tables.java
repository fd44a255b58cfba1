package ch.sbb.esta.results.jdbi;

/** The statements on the tables of one schema. */
record Tables(ResultTable results, RecordTable records, QuarantineTable quarantine, ExpiryTables expiries) {

    static Tables of(Schema schema) {
        return new Tables(
                new ResultTable(schema),
                new RecordTable(schema),
                new QuarantineTable(schema),
                new ExpiryTables(schema));
    }
}
