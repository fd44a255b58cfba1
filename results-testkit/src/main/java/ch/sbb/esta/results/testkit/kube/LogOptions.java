package ch.sbb.esta.results.testkit.kube;

import ch.sbb.esta.results.testkit.kube.ApiErrors.FieldError;
import io.vertx.core.MultiMap;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeParseException;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The query of a log request ({@code PodLogOptions} of core/v1; checks of {@code kubernetes/pkg/apis/core/validation/validation.go}).
 *
 * @param container empty when unset
 * @param since null for everything
 * @param tail negative for everything
 * @param limit in bytes; negative for none
 */
record LogOptions(
        String container,
        boolean follow,
        boolean previous,
        boolean timestamps,
        @Nullable Instant since,
        long tail,
        long limit) {

    static LogOptions parse(String pod, MultiMap query, Instant now) {
        List<FieldError> errors = new ArrayList<>();
        long tail = ListOptions.number(query, "tailLines", -1);
        if (query.contains("tailLines") && tail < 0) {
            errors.add(FieldError.invalid("tailLines", Long.toString(tail), "must be greater than or equal to 0"));
        }
        long limit = ListOptions.number(query, "limitBytes", -1);
        if (query.contains("limitBytes") && limit < 1) {
            errors.add(FieldError.invalid("limitBytes", Long.toString(limit), "must be greater than 0"));
        }
        long seconds = ListOptions.number(query, "sinceSeconds", -1);
        String time = ListOptions.text(query, "sinceTime");
        if (query.contains("sinceSeconds") && !time.isEmpty()) {
            errors.add(FieldError.forbidden(
                    "sinceSeconds", "at most one of `sinceTime` or `sinceSeconds` may be specified"));
        } else if (query.contains("sinceSeconds") && seconds < 1) {
            errors.add(FieldError.invalid("sinceSeconds", Long.toString(seconds), "must be greater than 0"));
        }
        if (!errors.isEmpty()) {
            throw ApiErrors.invalid("", "PodLogOptions", pod, errors);
        }
        @Nullable Instant since = seconds > 0 ? now.minusSeconds(seconds) : time.isEmpty() ? null : wholeSeconds(time);
        return new LogOptions(
                ListOptions.text(query, "container"),
                ListOptions.flag(query, "follow"),
                ListOptions.flag(query, "previous"),
                ListOptions.flag(query, "timestamps"),
                since,
                tail,
                limit);
    }

    // metav1.Time is passed on to the node in whole seconds.
    private static Instant wholeSeconds(String time) {
        try {
            return OffsetDateTime.parse(time).toInstant().truncatedTo(ChronoUnit.SECONDS);
        } catch (DateTimeParseException e) {
            throw ApiErrors.badRequest("parsing time " + ApiErrors.quote(time)
                    + " as \"2006-01-02T15:04:05Z07:00\": cannot parse it: give RFC 3339");
        }
    }
}
