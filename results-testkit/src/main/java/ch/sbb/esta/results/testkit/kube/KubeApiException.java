package ch.sbb.esta.results.testkit.kube;

import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * A refusal of the API server, with the {@code Status} object that a client gets over HTTP.
 *
 * <p>Immutable; {@link #status()} hands out copies.
 */
public final class KubeApiException extends RuntimeException {

    private static final long serialVersionUID = 1L;

    /** The Status object as it is answered. */
    private final ObjectNode status;

    KubeApiException(ObjectNode status) {
        super(status.path("message").asText());
        this.status = status;
    }

    /**
     * The HTTP status code.
     *
     * @return 400 to 599
     */
    public int code() {
        return status.path("code").asInt();
    }

    /**
     * The machine-readable reason, such as {@code NotFound}.
     *
     * @return the reason; empty when there is none
     */
    public String reason() {
        return status.path("reason").asText();
    }

    /**
     * The object of kind {@code Status} that describes the refusal.
     *
     * @return a copy
     */
    public ObjectNode status() {
        return status.deepCopy();
    }
}
