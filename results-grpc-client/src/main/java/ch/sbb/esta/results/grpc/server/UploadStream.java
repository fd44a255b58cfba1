package ch.sbb.esta.results.grpc.server;

import ch.sbb.esta.results.AccessRequest.Resource;
import ch.sbb.esta.results.AccessRequest.Verb;
import ch.sbb.esta.results.LogName;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.grpc.v1alpha2.Log;
import ch.sbb.esta.results.grpc.v1alpha2.LogSummary;
import io.grpc.stub.StreamObserver;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Takes the messages of one call of UpdateLog, each before the next is asked for. */
final class UploadStream implements StreamObserver<Log> {

    private static final Logger LOG = LoggerFactory.getLogger(UploadStream.class);
    private static final String CALL = "UpdateLog";

    private final StreamObserver<LogSummary> caller;
    private final Gate gate;
    private final Function<LogName, LogUpload> begin;
    private @Nullable LogUpload upload;
    private boolean over;

    UploadStream(StreamObserver<LogSummary> caller, Gate gate, Function<LogName, LogUpload> begin) {
        this.caller = caller;
        this.gate = gate;
        this.begin = begin;
    }

    @Override
    public void onNext(Log message) {
        if (over) {
            return;
        }
        try {
            upload(message).append(message.getData());
        } catch (RuntimeException e) {
            fail(e);
        }
    }

    private LogUpload upload(Log message) {
        LogName name = LogName.parse(message.getName());
        LogUpload current = upload;
        if (current == null) {
            gate.require(Verb.UPDATE, Resource.LOGS, name.result().parent());
            gate.require(Verb.UPDATE, Resource.RECORDS, name.result().parent());
            current = begin.apply(name);
            upload = current;
        }
        if (!current.name().equals(name)) {
            throw ResultsException.invalid("a piece of the upload is of " + name + ", the ones before were of "
                    + current.name() + "; upload each log by a call of its own");
        }
        return current;
    }

    private void fail(RuntimeException e) {
        over = true;
        breakOff("the server failed or refused a piece");
        caller.onError(CallFailures.of(e, CALL));
    }

    private void breakOff(String why) {
        LogUpload begun = upload;
        if (begun == null) {
            return;
        }
        try {
            begun.breakOff(why);
        } catch (RuntimeException e) {
            LOG.warn("the upload of {} broke off and could not be closed", begun.name(), e);
        }
    }

    @Override
    public void onError(Throwable hungUp) {
        if (!over) {
            over = true;
            breakOff("the upload broke off");
        }
    }

    @Override
    public void onCompleted() {
        if (over) {
            return;
        }
        over = true;
        LogUpload done = upload;
        LogUpload.Received received;
        try {
            if (done == null) {
                throw ResultsException.invalid("the upload has no pieces; send at least one with the name of the log");
            }
            received = done.finish();
        } catch (RuntimeException e) {
            caller.onError(CallFailures.of(e, CALL));
            return;
        }
        caller.onNext(LogSummary.newBuilder()
                .setRecord(received.record().toString())
                .setBytesReceived(received.bytes())
                .build());
        caller.onCompleted();
    }
}
