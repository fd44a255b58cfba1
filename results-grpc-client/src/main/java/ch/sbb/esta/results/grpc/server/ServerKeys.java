package ch.sbb.esta.results.grpc.server;

import io.grpc.util.AdvancedTlsX509KeyManager;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.security.GeneralSecurityException;
import java.util.List;
import javax.net.ssl.X509ExtendedKeyManager;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Certificate and key of a server, read again when one of the files has changed; gRPC's own reader looks once a minute at most. */
final class ServerKeys {

    private static final Logger LOG = LoggerFactory.getLogger(ServerKeys.class);

    private final Path certificate;
    private final Path key;
    private final AdvancedTlsX509KeyManager manager = new AdvancedTlsX509KeyManager();
    private List<FileTime> read = List.of();

    ServerKeys(Path certificate, Path key) {
        this.certificate = certificate;
        this.key = key;
    }

    X509ExtendedKeyManager manager() {
        return manager;
    }

    /** The times are taken first: a change during the reading is read once more. */
    synchronized void read() throws IOException, GeneralSecurityException {
        List<FileTime> times = times();
        manager.updateIdentityCredentials(certificate.toFile(), key.toFile());
        read = times;
    }

    /** What cannot be read leaves the server with what it has, and is tried again. */
    synchronized void readIfChanged() {
        try {
            if (!times().equals(read)) {
                read();
                LOG.info("the certificate {} was read again", certificate);
            }
        } catch (IOException | GeneralSecurityException | RuntimeException e) {
            LOG.warn("the certificate {} has changed and cannot be read; the one before stays in use", certificate, e);
        }
    }

    private List<FileTime> times() throws IOException {
        return List.of(Files.getLastModifiedTime(certificate), Files.getLastModifiedTime(key));
    }
}
