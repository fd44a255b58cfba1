package ch.sbb.esta.results.testkit;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Objects captured from real clusters, in a folder beside the project that is not part of it. */
final class CapturedRuns {

    private CapturedRuns() {}

    /**
     * One object and what archiving it must answer.
     *
     * @param file the object's file
     * @param answer {@code ARCHIVED}, or the text of the refusal
     */
    record Expectation(Path file, String answer) {}

    /** All objects with their answers; none where the folder is missing. */
    static List<Expectation> all() throws IOException {
        Path folder = Path.of("").toAbsolutePath();
        while (folder != null && !Files.exists(folder.resolve(".mvn"))) {
            folder = folder.getParent();
        }
        if (folder == null) {
            return List.of();
        }
        Path runs = folder.resolveSibling("shared/data/runs");
        Path expected = runs.resolve("EXPECTED.tsv");
        if (!Files.exists(expected)) {
            return List.of();
        }
        return Files.readAllLines(expected).stream()
                .filter(line -> !line.isBlank() && !line.startsWith("#"))
                .map(line -> line.split("\t", -1))
                .map(columns -> new Expectation(runs.resolve(columns[0]), columns[1]))
                .toList();
    }
}
