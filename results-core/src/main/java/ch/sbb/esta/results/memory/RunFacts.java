package ch.sbb.esta.results.memory;

import ch.sbb.esta.results.Condition;
import ch.sbb.esta.results.JsonText;
import ch.sbb.esta.results.Record;
import ch.sbb.esta.results.RunMoment;
import ch.sbb.esta.results.SummaryStatus;
import ch.sbb.esta.results.internal.JsonTree;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.MissingNode;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.OffsetDateTime;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What statistics need to know of one record, whatever it holds: a value that is not as Tekton writes it is none, by the rules of the
 * columns that the store on Postgres keeps of each run.
 */
final class RunFacts {

    /** Types of Tekton's own objects; logs and events of Tekton Results are of another group. */
    private static final String RUNS = "tekton.dev/";

    private static final int LONGEST_TYPE = 128;

    private static final int LONGEST_TEXT = 512;
    private static final Pattern YEAR = Pattern.compile("(?!0000)[0-9]{4}-.*");
    private static final int LARGEST_OFFSET = 16 * 3600;
    private static final String PIPELINE_LABEL = "tekton.dev/pipeline";
    private static final String TASK_LABEL = "tekton.dev/task";
    private static final String REPOSITORY = "pipelinesascode.tekton.dev/repository";

    private final boolean run;
    private final JsonNode data;

    private RunFacts(boolean run, JsonNode data) {
        this.run = run;
        this.data = data;
    }

    static RunFacts of(Record record) {
        return new RunFacts(isRun(record.type()), JsonTree.read(JsonText.withReadableKeys(record.data())));
    }

    /** Of a record that holds a run for sure, such as one of an extra kind that was asked for. */
    static RunFacts ofRun(Record record) {
        return new RunFacts(true, JsonTree.read(JsonText.withReadableKeys(record.data())));
    }

    private static boolean isRun(String type) {
        return type.startsWith(RUNS) && type.getBytes(StandardCharsets.UTF_8).length <= LONGEST_TYPE;
    }

    boolean isRun() {
        return run;
    }

    SummaryStatus status() {
        return SummaryStatus.of(succeeded());
    }

    private Optional<Condition> succeeded() {
        for (JsonNode condition : conditions()) {
            if ("Succeeded".equals(text(condition.path("type")))) {
                return Optional.of(new Condition(
                        "Succeeded",
                        orEmpty(text(condition.path("status"))),
                        orEmpty(text(condition.path("reason"))),
                        ""));
            }
        }
        return Optional.empty();
    }

    private static String orEmpty(@Nullable String text) {
        return text == null ? "" : text;
    }

    /** The reason that the server of Tekton Results goes by. */
    @Nullable
    String firstReason() {
        return text(conditions().path(0).path("reason"));
    }

    private JsonNode conditions() {
        JsonNode conditions = data.path("status").path("conditions");
        return conditions.isArray() ? conditions : MissingNode.getInstance();
    }

    @Nullable
    Instant time(RunMoment moment) {
        return switch (moment) {
            case CREATED -> time(data.path("metadata").path("creationTimestamp"));
            case STARTED -> time(data.path("status").path("startTime"));
            case ENDED -> time(data.path("status").path("completionTime"));
        };
    }

    @Nullable
    String namespace() {
        return text(data.path("metadata").path("namespace"));
    }

    @Nullable
    String label(String key) {
        return text(data.path("metadata").path("labels").path(key));
    }

    @Nullable
    String pipelineLabel() {
        return label(PIPELINE_LABEL);
    }

    @Nullable
    String pipeline() {
        String label = pipelineLabel();
        return label != null
                ? label
                : text(data.path("spec").path("pipelineRef").path("name"));
    }

    @Nullable
    String task() {
        String label = label(TASK_LABEL);
        return label != null ? label : text(data.path("spec").path("taskRef").path("name"));
    }

    @Nullable
    String repository() {
        return text(data.path("metadata").path("annotations").path(REPOSITORY));
    }

    /** Databases keep neither U+0000 nor half a surrogate pair, and no index takes a long text. */
    private static @Nullable String text(JsonNode node) {
        if (!node.isTextual()) {
            return null;
        }
        String text = node.textValue();
        boolean kept = text.codePoints().noneMatch(c -> c == 0 || Character.getType(c) == Character.SURROGATE);
        return kept && text.getBytes(StandardCharsets.UTF_8).length <= LONGEST_TEXT ? text : null;
    }

    private static @Nullable Instant time(JsonNode node) {
        if (!node.isTextual() || !YEAR.matcher(node.textValue()).matches()) {
            return null;
        }
        try {
            OffsetDateTime time = DateTimeFormatter.ISO_OFFSET_DATE_TIME.parse(node.textValue(), OffsetDateTime::from);
            boolean kept = Math.abs(time.getOffset().getTotalSeconds()) < LARGEST_OFFSET;
            return kept ? time.toInstant().truncatedTo(ChronoUnit.MICROS) : null;
        } catch (DateTimeException e) {
            return null;
        }
    }
}
