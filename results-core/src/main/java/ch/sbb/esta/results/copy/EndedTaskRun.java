package ch.sbb.esta.results.copy;

import ch.sbb.esta.results.RecordName;

/** A TaskRun that may have logs. */
record EndedTaskRun(RecordName name, String uid) {}
