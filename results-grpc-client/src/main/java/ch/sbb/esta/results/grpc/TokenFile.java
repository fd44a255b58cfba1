package ch.sbb.esta.results.grpc;

import ch.sbb.esta.results.Escaped;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileTime;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Reads a token again when its file has changed, as the kubelet replaces the one of a service account. Thread-safe. */
final class TokenFile implements Supplier<String> {

    private final Path file;
    private volatile @Nullable Version last;

    TokenFile(Path file) {
        this.file = file;
    }

    /** What was read, and by what a change of the file is seen: links are followed, so that a link that is turned elsewhere counts. */
    private record Version(
            FileTime modified, long size, @Nullable Object key, String token) {

        boolean isOf(BasicFileAttributes now) {
            return modified.equals(now.lastModifiedTime()) && size == now.size() && Objects.equals(key, now.fileKey());
        }
    }

    @Override
    public String get() {
        try {
            BasicFileAttributes now = Files.readAttributes(file, BasicFileAttributes.class);
            Version known = last;
            if (known != null && known.isOf(now)) {
                return known.token;
            }
            String token = Files.readString(file);
            last = new Version(now.lastModifiedTime(), now.size(), now.fileKey(), token);
            return token;
        } catch (IOException e) {
            throw new ResultsException(
                    Code.DENIED, "the token file " + Escaped.of(file.toString()) + " cannot be read", e);
        }
    }
}
