package ch.sbb.esta.results;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Objects;

/**
 * How a tenant's schema and roles are called where nobody asks for other names: {@code results_CLUSTER_NAMESPACE}, the roles with an
 * ending. Roles are known to the whole server, so the cluster's id is part of every name.
 *
 * <p>No name is longer than the 63 bytes that Postgres keeps of one, and no two tenants share any: a name that would be too long, or could be
 * read in two ways because a part has an underscore itself, is cut and ends with {@code __} and a hash of cluster id and namespace. Names
 * hold a-z, 0-9, {@code _} and {@code -} only; they need quotes in SQL.
 *
 * <p>Immutable and thread-safe.
 */
public final class TenantNames {

    private static final int MAX_NAME = 63;
    private static final int LONGEST_ENDING = "__runtime".length();
    private static final int HASH_CHARS = 16;

    private final String base;

    private TenantNames(String base) {
        this.base = base;
    }

    /**
     * The names of a tenant.
     *
     * @param clusterId which cluster
     * @param namespace which namespace
     * @return the names
     * @throws ResultsException {@code INVALID} when cluster id or namespace is malformed
     */
    public static TenantNames of(String clusterId, String namespace) {
        Names.single("cluster id", Objects.requireNonNull(clusterId, "clusterId"));
        Names.single("namespace", Objects.requireNonNull(namespace, "namespace"));
        boolean ambiguous = clusterId.contains("_") || namespace.contains("_");
        return new TenantNames(fit("results_" + clusterId + "_" + namespace, ambiguous, clusterId + "/" + namespace));
    }

    private static String fit(String name, boolean ambiguous, String hashed) {
        int max = MAX_NAME - LONGEST_ENDING;
        if (name.length() <= max && !ambiguous) {
            return name;
        }
        int kept = Math.min(name.length(), max - HASH_CHARS - 2);
        return name.substring(0, kept) + "__" + hash(hashed);
    }

    private static String hash(String text) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest).substring(0, HASH_CHARS);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has SHA-256", e);
        }
    }

    /**
     * The login of a cluster's controller, which may become the owner of each of its tenants.
     *
     * @param clusterId which cluster
     * @return the name of the role
     * @throws ResultsException {@code INVALID} when the cluster id is malformed
     */
    public static String runtime(String clusterId) {
        return ofCluster(clusterId) + "__runtime";
    }

    /**
     * The role that may read the tables of every tenant of a cluster.
     *
     * @param clusterId which cluster
     * @return the name of the role
     * @throws ResultsException {@code INVALID} when the cluster id is malformed
     */
    public static String readerOfAll(String clusterId) {
        return ofCluster(clusterId) + "__reader";
    }

    /**
     * The role through which the logins of a cluster may connect to the database, and which may nothing else.
     *
     * @param clusterId which cluster
     * @return the name of the role
     * @throws ResultsException {@code INVALID} when the cluster id is malformed
     */
    public static String connect(String clusterId) {
        return ofCluster(clusterId) + "__connect";
    }

    private static String ofCluster(String clusterId) {
        Names.single("cluster id", Objects.requireNonNull(clusterId, "clusterId"));
        return fit("results_" + clusterId, clusterId.contains("_"), clusterId);
    }

    /**
     * The schema that holds the tables.
     *
     * @return the name
     */
    public String schema() {
        return base;
    }

    /**
     * The role without login that owns schema and tables.
     *
     * @return the name
     */
    public String owner() {
        return base + "_owner";
    }

    /**
     * The login that gets the first credentials.
     *
     * @return the name
     */
    public String blue() {
        return base + "_blue";
    }

    /**
     * The login that a rotation changes to and fro with {@link #blue()}.
     *
     * @return the name
     */
    public String green() {
        return base + "_green";
    }

    /**
     * The role without login that may only read.
     *
     * @return the name
     */
    public String reader() {
        return base + "_reader";
    }
}
