package ch.sbb.esta.results.copy;

import ch.sbb.esta.results.Escaped;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import org.jspecify.annotations.Nullable;

/** Keeps in a small file up to which page a copy has come: two lines, whose list it is and the token. */
final class CopyPosition {

    private final @Nullable Path file;
    private final String parent;

    CopyPosition(@Nullable Path file, String parent) {
        this.file = file;
        this.parent = parent;
    }

    /** The token of the page that comes next; empty text for the first one. */
    String read() {
        if (file == null) {
            return "";
        }
        try {
            String[] lines = Files.readString(file, StandardCharsets.UTF_8).split("\n", -1);
            if (lines.length < 2 || !lines[0].equals(parent)) {
                throw ResultsException.invalid("the file " + Escaped.of(file.toString())
                        + " is not the position of a copy of " + parent + "; delete it to begin at the first Result");
            }
            return lines[1];
        } catch (NoSuchFileException e) {
            return "";
        } catch (IOException e) {
            throw failure("read", file, e);
        }
    }

    void write(String token) {
        if (file == null) {
            return;
        }
        Path absolute = file.toAbsolutePath();
        Path next = absolute.resolveSibling(absolute.getFileName() + ".next");
        try {
            Files.writeString(next, parent + "\n" + token + "\n", StandardCharsets.UTF_8);
            Files.move(next, absolute, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw failure("written", file, e);
        }
    }

    void delete() {
        if (file == null) {
            return;
        }
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            throw failure("deleted", file, e);
        }
    }

    private static ResultsException failure(String verb, Path file, IOException e) {
        return new ResultsException(
                Code.INTERNAL,
                "the position file " + Escaped.of(file.toString()) + " cannot be " + verb + "; the copy can be repeated"
                        + " without it",
                e);
    }
}
