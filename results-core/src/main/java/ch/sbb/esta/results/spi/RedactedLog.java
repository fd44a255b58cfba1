package ch.sbb.esta.results.spi;

import ch.sbb.esta.results.Escaped;
import ch.sbb.esta.results.ResultsException;

/** Remembers that secrets were taken out of a log's text: a further ability of a {@link LogWriter}. Not thread-safe, like that. */
public interface RedactedLog {

    /**
     * Notes a redaction. It is durable with the next bytes, or when the log is sealed.
     *
     * @param redaction its name, 1 to 200 characters
     * @throws ResultsException {@code INVALID} for a name of another length
     */
    void redactedBy(String redaction);

    /**
     * Checks a redaction's name.
     *
     * @param redaction the name
     * @return the name
     * @throws ResultsException {@code INVALID} for a name that is empty or longer than 200 characters
     */
    static String requireName(String redaction) {
        if (redaction.isEmpty() || redaction.length() > 200) {
            throw ResultsException.invalid(
                    "the name of a redaction, " + Escaped.of(redaction) + ", does not have 1 to 200 characters");
        }
        return redaction;
    }
}
