package ch.sbb.esta.results.logs;

import ch.sbb.esta.results.spi.LogRedaction;
import java.nio.charset.StandardCharsets;
import java.time.Instant;

/** Redacts the content of lines before somebody else sees them. Not thread-safe; serves one stream. */
final class RedactedLines implements LineParser.Handler {

    private final LineParser.Handler lines;
    private final LogRedaction.Session session;
    private boolean goOn = true;

    RedactedLines(LineParser.Handler lines, LogRedaction.Session session) {
        this.lines = lines;
        this.session = session;
    }

    @Override
    public boolean beginLine(Instant time) {
        session.begin();
        return lines.beginLine(time);
    }

    @Override
    public boolean content(byte[] buffer, int offset, int length) {
        session.take(buffer, offset, length, this::handOn);
        return goOn;
    }

    @Override
    public void endLine() {
        session.end(this::handOn);
        lines.endLine();
    }

    @Override
    public boolean unprefixed() {
        return lines.unprefixed();
    }

    /** Nothing more comes of the last line, which has no newline: hands on what was held back. */
    void finish() {
        session.end(this::handOn);
    }

    /** Redacts a text that stands for itself. */
    static String redact(String latin, LogRedaction.Session session) {
        StringBuilder out = new StringBuilder();
        byte[] bytes = latin.getBytes(StandardCharsets.ISO_8859_1);
        LogRedaction.Output append =
                (buffer, offset, length) -> out.append(new String(buffer, offset, length, StandardCharsets.ISO_8859_1));
        session.begin();
        session.take(bytes, 0, bytes.length, append);
        session.end(append);
        return out.toString();
    }

    private void handOn(byte[] buffer, int offset, int length) {
        goOn &= lines.content(buffer, offset, length);
    }
}
