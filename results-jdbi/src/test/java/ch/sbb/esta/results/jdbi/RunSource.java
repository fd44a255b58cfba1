package ch.sbb.esta.results.jdbi;

/** Where statistics and lists take what they need to know of a run. */
enum RunSource {
    /** The columns that the triggers keep. */
    COLUMNS,
    /** The JSON, as long as the columns are not filled. */
    JSON
}
