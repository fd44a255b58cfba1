package ch.sbb.esta.results.s3;

import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.s3.S3Probe.Condition;
import ch.sbb.esta.results.spi.BlobStore.Blob;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import software.amazon.awssdk.core.sync.RequestBody;
import software.amazon.awssdk.services.s3.S3Client;
import software.amazon.awssdk.services.s3.model.CompletedMultipartUpload;
import software.amazon.awssdk.services.s3.model.CompletedPart;

/** Tries out a store with one small object of a name that nobody else has. */
final class Probing {

    private static final byte[] FIRST = "0123456789".getBytes(StandardCharsets.US_ASCII);
    private static final byte[] SECOND = "9876543210".getBytes(StandardCharsets.US_ASCII);

    private final S3Client client;
    private final S3Requests requests;
    private final S3Failures failures;
    private final S3BlobStore store;
    private final String key = "probe-" + UUID.randomUUID();

    Probing(S3Client client, S3Requests requests, S3Failures failures, S3BlobStore store) {
        this.client = client;
        this.requests = requests;
        this.failures = failures;
        this.store = store;
    }

    S3Probe run() {
        S3Probe found;
        try {
            Condition put = put();
            read();
            found = new S3Probe(put, multipart());
        } catch (RuntimeException e) {
            try {
                store.delete(key);
            } catch (RuntimeException left) {
                e.addSuppressed(left);
            }
            throw e;
        }
        store.delete(key);
        if (store.find(key).isPresent()) {
            throw wrong("is still there after DeleteObject");
        }
        return found;
    }

    private Condition put() {
        try {
            client.putObject(requests.putIfAbsent(key), RequestBody.fromBytes(FIRST));
        } catch (RuntimeException e) {
            if (!isRefused(e)) {
                throw failures.of(e, "PutObject", key);
            }
            putPlain();
            return Condition.REFUSED;
        }
        try {
            client.putObject(requests.putIfAbsent(key), RequestBody.fromBytes(SECOND));
        } catch (RuntimeException e) {
            if (S3Failures.isTaken(e)) {
                return Condition.HONOURED;
            }
            throw failures.of(e, "PutObject", key);
        }
        putPlain();
        return Condition.IGNORED;
    }

    private void putPlain() {
        try {
            client.putObject(requests.put(key).build(), RequestBody.fromBytes(FIRST));
        } catch (RuntimeException e) {
            throw failures.of(e, "PutObject", key);
        }
    }

    private void read() {
        try (InputStream whole = store.get(key);
                InputStream part = store.getRange(key, 3, 4);
                InputStream beyond = store.getRange(key, 100, 4)) {
            if (!Arrays.equals(whole.readAllBytes(), FIRST)) {
                throw wrong("comes back with other bytes");
            }
            if (!Arrays.equals(part.readAllBytes(), Arrays.copyOfRange(FIRST, 3, 7))) {
                throw wrong("comes back with other bytes than a range asked for");
            }
            if (beyond.read() >= 0) {
                throw wrong("has bytes behind its end");
            }
        } catch (IOException e) {
            throw new ResultsException(
                    ResultsException.Code.UNAVAILABLE, "the probe object cannot be read: " + e.getMessage(), e);
        }
        Optional<Blob> expected = Optional.of(new Blob(key, FIRST.length));
        if (!store.find(key).equals(expected)) {
            throw wrong("has another size than what was put");
        }
        if (!store.list(key, "").items().equals(List.of(new Blob(key, FIRST.length)))) {
            throw wrong("is not listed right after its put");
        }
    }

    private Condition multipart() {
        String id;
        CompletedMultipartUpload parts;
        try {
            id = client.createMultipartUpload(requests.createUpload(key)).uploadId();
        } catch (RuntimeException e) {
            if (isRefused(e)) {
                return Condition.UNSUPPORTED;
            }
            throw failures.of(e, "CreateMultipartUpload", key);
        }
        try {
            parts = part(id);
        } catch (RuntimeException e) {
            return ended(id, e);
        }
        try {
            client.completeMultipartUpload(requests.completeIfAbsent(key, id, parts));
            return Condition.IGNORED;
        } catch (RuntimeException e) {
            if (!isRefused(e)) {
                return ended(id, e);
            }
        }
        try {
            client.completeMultipartUpload(requests.complete(key, id, parts).build());
            return Condition.REFUSED;
        } catch (RuntimeException e) {
            return ended(id, e);
        }
    }

    private CompletedMultipartUpload part(String id) {
        String etag = client.uploadPart(
                        r -> r.bucket(requests.bucket())
                                .key(requests.objectKey(key))
                                .uploadId(id)
                                .partNumber(1),
                        RequestBody.fromBytes(SECOND))
                .eTag();
        CompletedPart part = CompletedPart.builder().partNumber(1).eTag(etag).build();
        return CompletedMultipartUpload.builder().parts(part).build();
    }

    /** Removes the upload and says what its failure means. */
    private Condition ended(String id, RuntimeException e) {
        ResultsException failure = failures.of(e, "a multipart upload", key);
        try {
            abort(id);
        } catch (ResultsException left) {
            failure.addSuppressed(left);
            throw failure;
        }
        if (S3Failures.isTaken(e)) {
            return Condition.HONOURED;
        }
        if (isRefused(e)) {
            return Condition.UNSUPPORTED;
        }
        throw failure;
    }

    private void abort(String id) {
        try {
            client.abortMultipartUpload(r ->
                    r.bucket(requests.bucket()).key(requests.objectKey(key)).uploadId(id));
        } catch (RuntimeException e) {
            if (!S3Failures.isCode(e, "NoSuchUpload")) {
                throw failures.of(e, "AbortMultipartUpload", key);
            }
        }
    }

    private static boolean isRefused(RuntimeException e) {
        return S3Failures.isStatus(e, 501) || S3Failures.isCode(e, "NotImplemented");
    }

    private ResultsException wrong(String what) {
        return ResultsException.invalid("the store does not do what S3 does: the probe object " + failures.where(key)
                + " " + what + "; try the dialect " + S3Dialect.COMPATIBLE + " of the client, or another store");
    }
}
