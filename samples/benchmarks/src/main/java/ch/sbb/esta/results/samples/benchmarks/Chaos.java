package ch.sbb.esta.results.samples.benchmarks;

import ch.sbb.esta.results.jdbi.JdbiResultsStore;
import ch.sbb.esta.results.jdbi.Migrations;
import ch.sbb.esta.results.logs.SegmentedLogs;
import ch.sbb.esta.results.testkit.kube.KubeApiServer;
import ch.sbb.esta.results.testkit.postgres.PostgresDatabase;
import ch.sbb.esta.results.testkit.postgres.PostgresServer;
import ch.sbb.esta.results.testkit.s3.S3Server;
import ch.sbb.esta.results.testkit.tekton.EmittedLog;
import ch.sbb.esta.results.testkit.tekton.TektonSimulator;
import com.zaxxer.hikari.HikariDataSource;
import java.io.IOException;
import java.io.PrintStream;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeoutException;
import software.amazon.awssdk.services.s3.S3Client;

/**
 * Three replicas in processes of their own, of which one is killed every three seconds and followed by another one; database and object
 * store are restarted twice; runs succeed, fail, are cancelled, time out and are tried again, and are pruned as soon as they are safe.
 */
final class Chaos implements Benchmark {

    private static final int REPLICAS = 3;
    private static final Duration INTERVAL = Duration.ofSeconds(3);
    private static final Duration OUTAGE = Duration.ofSeconds(2);
    private static final Duration LOOK = Duration.ofSeconds(1);
    private static final Duration PATIENCE = Duration.ofMinutes(20);
    private static final int LINES = 250;
    /** So that containers write for some seconds. */
    private static final int STRETCH = 6;
    /**
     * Longer than it takes others to take over on a machine that is busy with starting replicas. Pods of Tekton stay as long as their
     * TaskRun; those of TaskRuns that are cancelled or time out go at once, here too.
     */
    private static final Duration PODS_STAY = Duration.ofMinutes(5);

    private final int namespaces;
    private final int pipelineRuns;
    private final int kills;

    /** @param pipelineRuns how many there are in each namespace, each with three TaskRuns */
    Chaos(int namespaces, int pipelineRuns, int kills) {
        this.namespaces = namespaces;
        this.pipelineRuns = pipelineRuns;
        this.kills = kills;
    }

    @Override
    public String name() {
        return "chaos";
    }

    @Override
    public String description() {
        return namespaces * pipelineRuns * 4 + " runs in " + namespaces + " namespaces, " + REPLICAS
                + " replicas of which one is killed every " + INTERVAL.toSeconds() + " seconds, " + kills
                + " times, database and S3 restarted twice: runs, logs and lines that are lost, doubled or wrongly labelled";
    }

    @Override
    public String run(PrintStream out) throws Exception {
        long seed = System.nanoTime();
        long start = System.nanoTime();
        try (TemporaryFolder folder = TemporaryFolder.make();
                PostgresServer postgres = PostgresServer.builder()
                        .durability(PostgresServer.Durability.DURABLE)
                        .start();
                S3Server s3Server = S3Server.open();
                KubeApiServer cluster = KubeApiServer.builder().start()) {
            s3Server.createBucket(ChaosPlaces.BUCKET);
            PostgresDatabase database = postgres.newDatabase();
            new Migrations(database.dataSource(), ChaosPlaces.SCHEMA).migrate();
            ChaosPlaces places = ChaosPlaces.of(cluster, database, s3Server);
            places.write(folder.path());
            try (HikariDataSource pool = places.openPool();
                    S3Client s3 = places.openS3();
                    SegmentedLogs logs = ChaosPlaces.logs(s3, folder.path().resolve("witness"));
                    ChaosReplicas replicas = new ChaosReplicas(folder.path(), new Random(seed))) {
                JdbiResultsStore store =
                        JdbiResultsStore.builder(pool, ChaosPlaces.SCHEMA).build();
                ChaosWitness witness = new ChaosWitness(cluster, store, logs);
                witness.begin();
                for (int i = 0; i < REPLICAS; i++) {
                    replicas.start();
                }
                List<EmittedLog> emitted = play(new Servers(cluster, postgres, s3Server), replicas, witness, out);
                ChaosVerdict verdict = new ChaosVerdict(out);
                int left = witness.look();
                verdict.wrong("runs_left", left, left + " runs are still in the cluster\n" + replicas.lastWords());
                int runs = namespaces * pipelineRuns * 4;
                verdict.wrong("lost_runs", runs - witness.runs().size(), "the witness itself has missed some");
                verdict.checkRuns(witness, store);
                for (EmittedLog log : emitted) {
                    verdict.checkLog(log, logs, witness);
                }
                verdict.wrong("lost_runs", store.list("", 1).items().size(), "there are quarantined runs");
                return verdict + " runs=" + witness.runs().size() + " logs=" + emitted.size() + " lines="
                        + emitted.stream().mapToInt(EmittedLog::lines).sum() + " kills=" + kills + " deletions="
                        + witness.deletionsChecked() + " deletions_unchecked=" + witness.deletionsUnchecked()
                        + " seconds=" + (System.nanoTime() - start) / 1_000_000_000;
            }
        }
    }

    /** Servers that can be restarted while others use them. */
    private record Servers(KubeApiServer cluster, PostgresServer postgres, S3Server s3) {}

    private List<EmittedLog> play(Servers servers, ChaosReplicas replicas, ChaosWitness witness, PrintStream out)
            throws IOException, InterruptedException, TimeoutException {
        List<TektonSimulator> plays = new ArrayList<>();
        try {
            for (int i = 0; i < namespaces; i++) {
                TektonSimulator play = TektonSimulator.of(servers.cluster, "team-" + i, pipelineRuns, LINES)
                        .pace(INTERVAL.multipliedBy(kills).dividedBy(pipelineRuns))
                        .stretch(STRETCH)
                        .podsStay(PODS_STAY);
                plays.add(play);
                play.start();
            }
            for (int kill = 1; kill <= kills; kill++) {
                replicas.killAfter(INTERVAL);
                witness.look();
                restart(servers, replicas, kill);
            }
            out.println("  " + kills + " replicas were killed");
            for (TektonSimulator play : plays) {
                play.awaitEnd(PATIENCE);
            }
            out.println("  all runs have ended");
            long end = System.nanoTime() + PATIENCE.toNanos();
            while (witness.look() > 0 && System.nanoTime() < end) {
                replicas.leaveAlone(LOOK);
            }
            return plays.stream().flatMap(play -> play.emitted().stream()).toList();
        } finally {
            plays.forEach(TektonSimulator::close);
        }
    }

    private void restart(Servers servers, ChaosReplicas replicas, int kill) throws IOException, InterruptedException {
        if (kill == kills / 4 || kill == kills * 3 / 4) {
            servers.postgres.stop();
            replicas.leaveAlone(OUTAGE);
            servers.postgres.startAgain();
        }
        if (kill == kills / 3 || kill == kills * 2 / 3) {
            servers.s3.stop();
            replicas.leaveAlone(OUTAGE);
            servers.s3.start();
        }
    }
}
