package ch.sbb.esta.results.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/**
 * Holds the documents to the code: every Java block names a region of a test of this module and equals it; links lead somewhere; no
 * document outgrows its reader.
 */
class DocumentsTest {

    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final Path SNIPPETS = Path.of("src/test/java/ch/sbb/esta/results/docs");
    private static final Pattern BLOCK =
            Pattern.compile("(?:<!-- snippet: ([A-Za-z]+)#([a-z0-9-]+) -->\\n)?```java\\n(.*?)\\n```", Pattern.DOTALL);
    private static final Pattern LINK = Pattern.compile("\\]\\(([^)#:]+)(?:#[^)]*)?\\)");

    @Test
    void everyJavaBlockIsARegionOfATest() throws IOException {
        List<String> wrong = new ArrayList<>();
        int blocks = 0;
        for (Path document : documents()) {
            Matcher matcher = BLOCK.matcher(Files.readString(document));
            while (matcher.find()) {
                blocks++;
                String place = ROOT.relativize(document) + " at " + matcher.start();
                String file = matcher.group(1);
                if (file == null) {
                    wrong.add(place + ": no line <!-- snippet: File#region --> before the block");
                } else if (!region(file, matcher.group(2)).equals(matcher.group(3))) {
                    wrong.add(place + " differs from " + file + "#" + matcher.group(2) + ":\n"
                            + region(file, matcher.group(2)));
                }
            }
        }
        assertThat(wrong).isEmpty();
        assertThat(blocks).as("Java blocks").isPositive();
    }

    @Test
    void everyLinkToAFileLeadsToOne() throws IOException {
        List<String> wrong = new ArrayList<>();
        for (Path document : documents()) {
            Path folder = document.getParent();
            Matcher matcher = LINK.matcher(Files.readString(document));
            while (matcher.find()) {
                if (folder == null || !Files.exists(folder.resolve(matcher.group(1)))) {
                    wrong.add(ROOT.relativize(document) + " links to " + matcher.group(1));
                }
            }
        }
        assertThat(wrong).isEmpty();
    }

    @Test
    void noDocumentOutgrowsItsReader() throws IOException {
        List<String> wrong = new ArrayList<>();
        for (Path document : documents()) {
            long lines = Files.readAllLines(document).size();
            if (lines > limit(document)) {
                wrong.add(ROOT.relativize(document) + " has " + lines + " lines, more than " + limit(document));
            }
        }
        assertThat(wrong).isEmpty();
    }

    @Test
    void theFirstTwoCommandsOfTheReadmeAreMaven() throws IOException {
        List<String> commands = Files.readAllLines(ROOT.resolve("README.md")).stream()
                .filter(line -> line.startsWith("mvn"))
                .toList();
        assertThat(commands).startsWith("mvn -q compile exec:java", "mvn -ntp clean verify");
    }

    private static long limit(Path document) {
        String path = ROOT.relativize(document).toString();
        if (path.equals("README.md")) {
            return 150;
        }
        if (path.equals("AGENTS.md")) {
            return 80;
        }
        if (path.equals("CONTRIBUTING.md")) {
            return 120;
        }
        return path.startsWith("docs/adr") ? 60 : 300;
    }

    private static List<Path> documents() throws IOException {
        List<Path> documents = new ArrayList<>();
        for (Path folder : List.of(ROOT, ROOT.resolve("docs"), ROOT.resolve("docs/adr"))) {
            try (Stream<Path> files = Files.list(folder)) {
                files.filter(file -> file.toString().endsWith(".md")).sorted().forEach(documents::add);
            }
        }
        documents.remove(ROOT.resolve("CHANGELOG.md"));
        return documents;
    }

    /** The lines between {@code // snippet: NAME} and {@code // end snippet}, without their common indentation. */
    private static String region(String file, String name) throws IOException {
        List<String> lines = new ArrayList<>();
        boolean inside = false;
        for (String line : Files.readAllLines(SNIPPETS.resolve(file + ".java"))) {
            if (line.strip().equals("// snippet: " + name)) {
                inside = true;
            } else if (inside && line.strip().equals("// end snippet")) {
                return String.join("\n", lines).stripIndent().strip();
            } else if (inside) {
                lines.add(line);
            }
        }
        return "no region " + name + " in " + file;
    }
}
