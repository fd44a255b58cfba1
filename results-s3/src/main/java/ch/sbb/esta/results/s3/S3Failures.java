package ch.sbb.esta.results.s3;

import ch.sbb.esta.results.Escaped;
import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import javax.xml.stream.XMLStreamException;
import org.jspecify.annotations.Nullable;
import software.amazon.awssdk.awscore.exception.AwsErrorDetails;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.core.exception.AbortedException;
import software.amazon.awssdk.core.exception.ApiCallAttemptTimeoutException;
import software.amazon.awssdk.core.exception.ApiCallTimeoutException;
import software.amazon.awssdk.core.exception.SdkClientException;
import software.amazon.awssdk.services.s3.model.ServerSideEncryption;

/** Says in our words what a call of the SDK ran into. What it takes from an answer is code, status, request id and text, bounded. */
final class S3Failures {

    private static final Set<String> EXPIRED = Set.of("ExpiredToken", "TokenRefreshRequired", "InvalidToken");
    private static final Set<String> WRONG_REGION =
            Set.of("PermanentRedirect", "AuthorizationHeaderMalformed", "IllegalLocationConstraintException");
    private static final Set<String> OVERLOADED = Set.of(
            "SlowDown",
            "ServiceUnavailable",
            "InternalError",
            "Throttling",
            "ThrottlingException",
            "RequestLimitExceeded");

    private final S3Requests requests;

    S3Failures(S3Requests requests) {
        this.requests = requests;
    }

    /** The condition of a put or of a completion was not met: the key is taken. Completions may say so inside a 200. */
    static boolean isTaken(RuntimeException e) {
        return isStatus(e, 412) || isCode(e, "PreconditionFailed");
    }

    /** Somebody else is writing the same key at this moment. */
    static boolean isConflict(RuntimeException e) {
        return isStatus(e, 409) || isCode(e, "ConditionalRequestConflict") || isCode(e, "OperationAborted");
    }

    static boolean isCode(RuntimeException e, String code) {
        return e instanceof AwsServiceException s3 && code.equals(code(s3));
    }

    static boolean isStatus(RuntimeException e, int status) {
        return e instanceof AwsServiceException s3 && s3.statusCode() == status;
    }

    /** About an operation on one blob. */
    ResultsException of(RuntimeException e, String operation, String key) {
        String where = where(key);
        ResultsException found = describe(e, operation, where);
        return found == e ? found : found.about(key);
    }

    /** About an operation on the bucket. */
    ResultsException of(RuntimeException e, String operation) {
        return describe(e, operation, "s3://" + requests.bucket());
    }

    ResultsException notFound(String key, @Nullable Throwable cause) {
        return new ResultsException(Code.NOT_FOUND, where(key) + " does not exist", cause).about(key);
    }

    ResultsException noBucket(@Nullable Throwable cause) {
        return new ResultsException(
                Code.INVALID,
                "the bucket " + Escaped.of(requests.bucket())
                        + " does not exist; create it, or correct the bucket, the endpoint or the region",
                cause);
    }

    String where(String key) {
        return "s3://" + requests.bucket() + "/" + requests.objectKey(key);
    }

    private ResultsException describe(RuntimeException e, String operation, String where) {
        if (e instanceof ResultsException known) {
            return known;
        }
        String what = operation + " of " + where;
        if (e instanceof AwsServiceException s3) {
            return answered(s3, what, where);
        }
        if (e instanceof AbortedException || Thread.currentThread().isInterrupted()) {
            Thread.currentThread().interrupt();
            return new ResultsException(Code.UNAVAILABLE, what + " was interrupted", e);
        }
        if (e instanceof ApiCallTimeoutException
                || e instanceof ApiCallAttemptTimeoutException
                || has(e, SocketTimeoutException.class)) {
            return new ResultsException(Code.TIMEOUT, what + " got no answer in the time that the S3 client allows", e);
        }
        return unanswered(e, what);
    }

    private static ResultsException unanswered(RuntimeException e, String what) {
        if (has(e, IOException.class)) {
            return new ResultsException(
                    Code.UNAVAILABLE,
                    what + " did not reach the store or lost the connection to it: " + Escaped.of(deepest(e)),
                    e);
        }
        if (isBroken(e)) {
            return new ResultsException(
                    Code.UNAVAILABLE,
                    what + " got an answer that breaks off or is no XML: " + Escaped.of(deepest(e)),
                    e);
        }
        // The SDK has no type for it.
        if (e instanceof SdkClientException
                && deepest(e).toLowerCase(Locale.ROOT).contains("unable to load credentials")) {
            return new ResultsException(Code.DENIED, what + " found no credentials; " + missingCredentials(e), e);
        }
        return new ResultsException(Code.INTERNAL, what + " failed in the S3 client: " + Escaped.of(deepest(e)), e);
    }

    /** The default chain swallows that a member lacks its library; its words are all that is left of it. */
    private static String missingCredentials(RuntimeException e) {
        return deepest(e).contains("'sts'")
                ? "a web identity token (as of a Kubernetes service account with a role) can only be used with the artifact"
                        + " software.amazon.awssdk:sts on the class path: add it, in the version of the S3 client"
                : "give the S3 client a provider, or set up one of the SDK's default chain";
    }

    private ResultsException answered(AwsServiceException e, String what, String where) {
        String code = code(e);
        int status = e.statusCode();
        String refused = what + " was answered with " + told(e);
        if (code.equals("NoSuchBucket")) {
            return noBucket(e);
        }
        if (status == 404 || code.equals("NoSuchKey")) {
            return new ResultsException(Code.NOT_FOUND, where + " does not exist: " + refused, e);
        }
        if (WRONG_REGION.contains(code) || status == 301) {
            return new ResultsException(Code.INVALID, refused + "; give the S3 client the region of the bucket", e);
        }
        if (code.equals("InvalidObjectState")) {
            return new ResultsException(
                    Code.INVALID,
                    refused
                            + "; a lifecycle rule has moved the object to a class that has to be restored before a read: restore it,"
                            + " and let rules move logs to GLACIER_IR at most",
                    e);
        }
        if (code.equals("RequestTimeTooSkewed")) {
            return new ResultsException(Code.DENIED, refused + "; set this machine's clock", e);
        }
        if (EXPIRED.contains(code)) {
            return new ResultsException(
                    Code.DENIED, refused + "; give the S3 client a provider that renews its credentials", e);
        }
        if (OVERLOADED.contains(code) || status == 429 || (status >= 500 && status != 501)) {
            return new ResultsException(Code.UNAVAILABLE, refused + "; the store refuses for now", e);
        }
        return refused(e, code, status, refused);
    }

    private ResultsException refused(AwsServiceException e, String code, int status, String refused) {
        if (status == 401 || status == 403) {
            return new ResultsException(Code.DENIED, refused + "; check the access key and its policy: " + policy(), e);
        }
        if (code.equals("RequestTimeout") || status == 408) {
            return new ResultsException(Code.TIMEOUT, refused, e);
        }
        if (status == 409 || status == 412) {
            return new ResultsException(Code.CONFLICT, refused, e);
        }
        if (status == 501) {
            return new ResultsException(
                    Code.INVALID,
                    refused + "; the store lacks what is needed here: probe it first, then it is served as it can"
                            + (requests.isTagging() ? "; configure no tags if it does not know them" : ""),
                    e);
        }
        if (status >= 400 && status < 500) {
            return new ResultsException(
                    Code.INVALID,
                    refused + "; if the store is not AWS, build its client with the dialect " + S3Dialect.COMPATIBLE,
                    e);
        }
        return new ResultsException(Code.INTERNAL, refused, e);
    }

    private String policy() {
        StringBuilder text =
                new StringBuilder("it needs s3:GetObject, and for writers s3:PutObject, s3:DeleteObject and"
                        + " s3:AbortMultipartUpload on the prefix, s3:ListBucket and s3:ListBucketMultipartUploads on the bucket"
                        + " (without s3:ListBucket a missing key is answered with 403)");
        if (requests.isTagging()) {
            text.append("; s3:PutObjectTagging on the prefix, because tags are configured");
        }
        if (requests.encryption().equals(Optional.of(ServerSideEncryption.AWS_KMS))) {
            text.append("; kms:GenerateDataKey and kms:Decrypt on the key");
        }
        return text.toString();
    }

    private static String told(AwsServiceException e) {
        AwsErrorDetails details = e.awsErrorDetails();
        StringBuilder text = new StringBuilder().append(e.statusCode());
        if (details != null && details.errorCode() != null) {
            text.append(' ').append(Escaped.of(details.errorCode()));
        }
        if (details != null && details.errorMessage() != null) {
            text.append(": ").append(Escaped.of(details.errorMessage()));
        }
        if (e.requestId() != null) {
            text.append(" (request ").append(Escaped.of(e.requestId())).append(')');
        }
        return text.toString();
    }

    private static String code(AwsServiceException e) {
        AwsErrorDetails details = e.awsErrorDetails();
        String code = details == null ? null : details.errorCode();
        return code == null ? "" : code;
    }

    /** The answer could not be read to its end. */
    static boolean isBroken(Throwable e) {
        return has(e, XMLStreamException.class);
    }

    private static boolean has(Throwable e, Class<? extends Throwable> type) {
        Throwable at = e;
        for (int depth = 0; at != null && depth < 20; depth++) {
            if (type.isInstance(at)) {
                return true;
            }
            at = at.getCause();
        }
        return false;
    }

    private static String deepest(Throwable e) {
        Throwable at = e;
        for (int depth = 0; depth < 20; depth++) {
            Throwable cause = at.getCause();
            if (cause == null) {
                break;
            }
            at = cause;
        }
        return at.getMessage() == null ? at.getClass().getSimpleName() : String.valueOf(at.getMessage());
    }
}
