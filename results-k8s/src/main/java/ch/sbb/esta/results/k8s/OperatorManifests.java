package ch.sbb.esta.results.k8s;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** What a cluster needs before a {@link TenantOperator} can work there, as YAML for {@code kubectl apply}. */
public final class OperatorManifests {

    private OperatorManifests() {}

    /**
     * The definition of the custom resource {@code ResultsTenant}.
     *
     * @return a CustomResourceDefinition
     */
    public static String customResourceDefinition() {
        return read("resultstenants.yaml");
    }

    /**
     * What the operator's service account may do: not more than it does with the default names.
     *
     * @return a ClusterRole and its binding to the service account {@code results-operator} of the namespace {@code results-system}
     */
    public static String permissions() {
        return read("operator-rbac.yaml");
    }

    private static String read(String file) {
        try (InputStream in = OperatorManifests.class.getResourceAsStream(file)) {
            if (in == null) {
                throw new IllegalStateException(file + " is missing in the jar of results-k8s");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
