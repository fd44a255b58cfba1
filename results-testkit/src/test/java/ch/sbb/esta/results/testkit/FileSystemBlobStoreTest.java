package ch.sbb.esta.results.testkit;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.file.FileSystemBlobStore;
import ch.sbb.esta.results.spi.BlobStore;
import ch.sbb.esta.results.spi.BlobStore.Content;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FileSystemBlobStoreTest extends BlobStoreContract {

    @TempDir
    @SuppressWarnings("NullAway.Init") // set by JUnit
    Path directory;

    @Override
    protected BlobStore newStore() {
        return new FileSystemBlobStore(directory.resolve("made/on/demand"));
    }

    @Test
    void aPlainKeyIsAFileOfThatName() throws IOException {
        newStore().putIfAbsent("ns/run/log.gz", Content.of(new byte[] {7}));

        assertThat(directory.resolve("made/on/demand/ns+/run+/log.gz")).hasBinaryContent(new byte[] {7});
    }

    @Test
    void linksInsideTheDirectoryAreNotFollowed() throws IOException {
        BlobStore store = newStore();
        Path root = directory.resolve("made/on/demand");
        Path outside = Files.createDirectory(directory.resolve("outside"));
        Files.writeString(outside.resolve("secret"), "secret");
        Files.createSymbolicLink(root.resolve("link"), outside.resolve("secret"));
        Files.createSymbolicLink(root.resolve("folder+"), outside);

        assertThat(store.find("link")).isEmpty();
        assertThat(store.find("folder/secret")).isEmpty();
        assertThatThrownBy(() -> store.get("link")).isInstanceOf(ResultsException.class);
        assertThatThrownBy(() -> store.get("folder/secret")).isInstanceOf(ResultsException.class);
        assertThat(store.list("", "").items()).isEmpty();
        store.delete("link");
        store.delete("folder/secret");
        assertThatThrownBy(() -> store.putIfAbsent("folder/new", Content.of(new byte[1])))
                .isInstanceOf(ResultsException.class);
        assertThatThrownBy(() -> store.putIfAbsent("link", Content.of(new byte[1])))
                .isInstanceOf(ResultsException.class);
        assertThat(outside).isDirectoryNotContaining("glob:**new");
        assertThat(outside.resolve("secret")).hasContent("secret");
    }

    @Test
    void whatADeadProcessLeftIsSweptWhenTheStoreIsOpened() throws IOException {
        newStore();
        Path left = directory.resolve("made/on/demand/~tmp/left");
        Path busy = directory.resolve("made/on/demand/~tmp/busy");
        Files.writeString(left, "half a blob");
        Files.writeString(busy, "half a blob");
        FileTime now = Files.getLastModifiedTime(busy);
        Files.setLastModifiedTime(left, FileTime.from(now.toInstant().minus(Duration.ofDays(2))));

        newStore();

        assertThat(left).doesNotExist();
        assertThat(busy).exists();
    }

    @Test
    void nothingButTheBlobsStays() throws IOException {
        BlobStore store = newStore();
        store.putIfAbsent("a/b/c", Content.of(new byte[1]));
        store.putIfAbsent("a/b/c", Content.of(new byte[2]));
        store.delete("a/b/c");

        try (Stream<Path> files = Files.walk(directory.resolve("made/on/demand"))) {
            assertThat(files.map(Path::getFileName).map(Path::toString)).containsExactlyInAnyOrder("demand", "~tmp");
        }
    }
}
