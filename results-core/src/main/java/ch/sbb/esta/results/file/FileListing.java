package ch.sbb.esta.results.file;

import static java.nio.file.LinkOption.NOFOLLOW_LINKS;

import ch.sbb.esta.results.Page;
import ch.sbb.esta.results.spi.BlobStore.Blob;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Finds the next page of keys. It holds no more than a page of them, however many there are, and enters no directory all of whose keys
 * lie outside the page.
 */
final class FileListing {

    private static final int PAGE = 1000;

    private final Path root;
    private final String prefix;
    private final String afterKey;
    private final TreeMap<String, Long> smallest = new TreeMap<>();

    FileListing(Path root, String prefix, String afterKey) {
        this.root = root;
        this.prefix = prefix;
        this.afterKey = afterKey;
    }

    Page<Blob> page() throws IOException {
        visit(root, "");
        List<Blob> blobs = new ArrayList<>();
        for (Map.Entry<String, Long> entry : smallest.entrySet()) {
            if (blobs.size() == PAGE) {
                return new Page<>(blobs, blobs.get(PAGE - 1).key());
            }
            blobs.add(new Blob(entry.getKey(), entry.getValue()));
        }
        return new Page<>(blobs, null);
    }

    private void visit(Path directory, String text) throws IOException {
        TreeMap<String, Path> directories = new TreeMap<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
            for (Path entry : entries) {
                String name = entry.getFileName().toString();
                if (FileKeys.isDirectoryName(name)) {
                    directories.put(text + FileKeys.directoryText(name), entry);
                } else {
                    offer(text + FileKeys.fileText(name), entry);
                }
            }
        } catch (NoSuchFileException | NotDirectoryException e) {
            // Deleted meanwhile.
            return;
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
        for (Map.Entry<String, Path> entry : directories.entrySet()) {
            if (mayHold(entry.getKey()) && attributes(entry.getValue(), true)) {
                visit(entry.getValue(), entry.getKey());
            }
        }
    }

    private void offer(String key, Path file) throws IOException {
        if (!key.startsWith(prefix) || key.compareTo(afterKey) <= 0 || isBehind(key) || !attributes(file, false)) {
            return;
        }
        try {
            smallest.put(key, Files.size(file));
        } catch (NoSuchFileException e) {
            return;
        }
        if (smallest.size() > PAGE + 1) {
            smallest.pollLastEntry();
        }
    }

    private boolean mayHold(String text) {
        boolean insidePrefix = text.startsWith(prefix) || prefix.startsWith(text);
        boolean after = text.compareTo(afterKey) > 0 || afterKey.startsWith(text);
        return insidePrefix && after && !isBehind(text);
    }

    private boolean isBehind(String text) {
        return smallest.size() > PAGE && text.compareTo(smallest.lastKey()) > 0;
    }

    private static boolean attributes(Path path, boolean directory) throws IOException {
        try {
            BasicFileAttributes attributes = Files.readAttributes(path, BasicFileAttributes.class, NOFOLLOW_LINKS);
            return directory ? attributes.isDirectory() : attributes.isRegularFile();
        } catch (NoSuchFileException e) {
            return false;
        }
    }
}
