package ch.sbb.esta.results.grpc;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * A key and its self-signed certificate as PEM files.
 *
 * @param certificate the certificate
 * @param key its key
 */
public record TestKeys(Path certificate, Path key) {

    private static final String PASSWORD = "changeit";

    private static final Map<String, TestKeys> MADE = new ConcurrentHashMap<>();

    /** The one of a host name, made once: starting a process takes longer than the rest of a test. */
    public static TestKeys of(String host) {
        return MADE.computeIfAbsent(host, name -> {
            try {
                return selfSigned(Files.createTempDirectory("test-keys-"), name);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    /** By the JDK's own keytool, because the JDK has no other public way to sign a certificate. */
    private static TestKeys selfSigned(Path folder, String host) {
        Path file = folder.resolve(host + ".p12");
        try {
            run(
                    folder,
                    "-genkeypair",
                    "-alias",
                    "own",
                    "-keyalg",
                    "EC",
                    "-validity",
                    "2",
                    "-dname",
                    "CN=" + host,
                    "-ext",
                    "SAN=dns:" + host,
                    "-storetype",
                    "PKCS12",
                    "-keystore",
                    file.toString(),
                    "-storepass",
                    PASSWORD);
            KeyStore keys = KeyStore.getInstance("PKCS12");
            try (InputStream in = Files.newInputStream(file)) {
                keys.load(in, PASSWORD.toCharArray());
            }
            return new TestKeys(
                    pem(
                            folder.resolve(host + ".crt"),
                            "CERTIFICATE",
                            keys.getCertificate("own").getEncoded()),
                    pem(
                            folder.resolve(host + ".key"),
                            "PRIVATE KEY",
                            keys.getKey("own", PASSWORD.toCharArray()).getEncoded()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("keytool made no usable key", e);
        }
    }

    private static Path pem(Path file, String what, byte[] der) throws IOException {
        String body = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
        return Files.writeString(
                file,
                "-----BEGIN " + what + "-----\n" + body + "\n-----END " + what + "-----\n",
                StandardCharsets.US_ASCII);
    }

    private static void run(Path folder, String... arguments) throws IOException {
        List<String> command = new java.util.ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
        command.addAll(List.of(arguments));
        Process keytool = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("keytool.log").toFile())
                .start();
        try {
            assertThat(keytool.waitFor(1, TimeUnit.MINUTES)).isTrue();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
        assertThat(keytool.exitValue()).as("keytool").isZero();
    }
}
