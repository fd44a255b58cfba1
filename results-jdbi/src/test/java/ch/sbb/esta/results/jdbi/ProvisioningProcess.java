package ch.sbb.esta.results.jdbi;

import ch.sbb.esta.results.TenantRequest;
import ch.sbb.esta.results.testkit.postgres.PostgresDatabase;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/** A process that provisions tenants {@code team-0}, {@code team-1} and so on, from when it is told to. */
final class ProvisioningProcess implements AutoCloseable {

    private final Process process;
    private final BufferedReader output;
    private final BufferedWriter input;

    private ProvisioningProcess(Process process) {
        this.process = process;
        output = process.inputReader(StandardCharsets.UTF_8);
        input = process.outputWriter(StandardCharsets.UTF_8);
    }

    static ProvisioningProcess start(PostgresDatabase admin, String cluster, int tenants) throws IOException {
        return new ProvisioningProcess(new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx256m",
                        "-cp",
                        System.getProperty("java.class.path").replace(File.pathSeparator + File.pathSeparator, ""),
                        Program.class.getName(),
                        admin.jdbcUrl(),
                        admin.user(),
                        admin.password(),
                        cluster,
                        Integer.toString(tenants))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start());
    }

    /** Waits until it is connected. */
    void awaitReady() throws IOException {
        String line = output.readLine();
        if (!"ready".equals(line)) {
            throw new IllegalStateException("instead of being ready, the process said: " + line);
        }
    }

    void go() throws IOException {
        input.write("go\n");
        input.flush();
    }

    /** Waits until it ends, and returns its exit value. */
    int await() throws InterruptedException {
        if (!process.waitFor(10, TimeUnit.MINUTES)) {
            throw new IllegalStateException("the process does not come to an end");
        }
        return process.exitValue();
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }

    /** What runs in it. */
    static final class Program {

        private Program() {}

        public static void main(String[] args) throws Exception {
            PostgresDatabase admin = new PostgresDatabase(args[0], args[1], args[2]);
            JdbiTenantProvisioner provisioner =
                    JdbiTenantProvisioner.builder(admin.dataSource(), args[3]).build();
            Fixture.query(admin, "SELECT 1");
            System.out.println("ready");
            if (System.in.read() != 'g') {
                throw new IllegalStateException("nobody says that it shall begin");
            }
            for (int i = 0; i < Integer.parseInt(args[4]); i++) {
                provisioner.provision(TenantRequest.of("team-" + i));
            }
        }
    }
}
