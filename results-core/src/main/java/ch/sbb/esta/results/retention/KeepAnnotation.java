package ch.sbb.esta.results.retention;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The annotation by which somebody keeps a Result for good. */
final class KeepAnnotation {

    private KeepAnnotation() {}

    /** When in doubt it keeps: only {@code false} does not. */
    static boolean isIn(Map<String, String> annotations) {
        @Nullable String value = annotations.get(Retention.KEEP_ANNOTATION);
        return value != null && !value.trim().equalsIgnoreCase("false");
    }
}
