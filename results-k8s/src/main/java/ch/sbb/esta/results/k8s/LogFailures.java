package ch.sbb.esta.results.k8s;

import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import java.util.Map;
import java.util.regex.Pattern;

/** Tells apart what the kubelet answers with 400 where it has no log to give. */
final class LogFailures {

    private static final Map<Pattern, Code> SENTENCES = Map.of(
            Pattern.compile("is waiting to start"), Code.UNAVAILABLE,
            Pattern.compile("is not available"), Code.UNAVAILABLE,
            Pattern.compile("^previous terminated container .* not found"), Code.NOT_FOUND,
            Pattern.compile("is not valid for pod"), Code.NOT_FOUND,
            Pattern.compile("^container .* in pod .* is terminated"), Code.NOT_FOUND);

    private LogFailures() {}

    static ResultsException of(int status, byte[] body) {
        if (status == 400) {
            String message = ApiFailures.message(body);
            for (Map.Entry<Pattern, Code> sentence : SENTENCES.entrySet()) {
                if (sentence.getKey().matcher(message).find()) {
                    return new ResultsException(sentence.getValue(), ApiFailures.text(status, message));
                }
            }
        }
        return ApiFailures.ofStatus(status, body);
    }
}
