package ch.sbb.esta.results.grpc.server;

import ch.sbb.esta.results.ResultsException;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Says to a caller what went wrong: in words that are fit for it, without stack traces, with a number where we must look ourselves. */
final class CallFailures {

    /** Of a status goes into a header, and a peer takes 8 KiB of them all. */
    private static final int LONGEST_DESCRIPTION = 2_000;

    private static final Logger LOG = LoggerFactory.getLogger(CallFailures.class);

    private CallFailures() {}

    static StatusRuntimeException of(RuntimeException failure, String call) {
        if (failure instanceof StatusRuntimeException status) {
            return status;
        }
        if (!(failure instanceof ResultsException e) || e.code() == ResultsException.Code.INTERNAL) {
            return internal(failure, call);
        }
        if (e.isRetryable()) {
            LOG.warn("{} cannot be answered now: {}", call, e.getMessage());
        }
        return status(e.code())
                .withDescription(cut(String.valueOf(e.getMessage())))
                .asRuntimeException();
    }

    private static StatusRuntimeException internal(RuntimeException failure, String call) {
        String incident = UUID.randomUUID().toString();
        LOG.error("{} failed, incident {}", call, incident, failure);
        return Status.INTERNAL
                .withDescription(call + " failed inside of the server; its log says more about incident " + incident)
                .asRuntimeException();
    }

    private static Status status(ResultsException.Code code) {
        return switch (code) {
            case NOT_FOUND -> Status.NOT_FOUND;
            case ALREADY_EXISTS -> Status.ALREADY_EXISTS;
            case CONFLICT -> Status.FAILED_PRECONDITION;
            case INVALID -> Status.INVALID_ARGUMENT;
            case DENIED -> Status.PERMISSION_DENIED;
            case UNAVAILABLE -> Status.UNAVAILABLE;
            case TIMEOUT -> Status.DEADLINE_EXCEEDED;
            case INTERNAL -> Status.INTERNAL;
        };
    }

    private static String cut(String message) {
        return message.length() <= LONGEST_DESCRIPTION ? message : message.substring(0, LONGEST_DESCRIPTION) + "…";
    }
}
