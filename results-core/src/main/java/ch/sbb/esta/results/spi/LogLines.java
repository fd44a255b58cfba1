package ch.sbb.esta.results.spi;

import ch.sbb.esta.results.LogLine;
import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Goes through the lines of a log, one after the other. Not thread-safe; to be closed by the caller. */
public interface LogLines extends AutoCloseable {

    /**
     * The next line.
     *
     * @return the line, or null behind the last one
     * @throws IOException when the connection breaks
     * @throws ch.sbb.esta.results.ResultsException {@code INTERNAL} when stored bytes do not fit their checksum
     */
    @Nullable
    LogLine next() throws IOException;

    @Override
    void close() throws IOException;
}
