package ch.sbb.esta.results.s3;

import ch.sbb.esta.results.Escaped;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import software.amazon.awssdk.services.s3.model.Tag;
import software.amazon.awssdk.services.s3.model.Tagging;

/** The rules of S3 for the tags of an object. */
final class ObjectTags {

    private static final int MAX = 10;
    private static final String CHARACTERS = "[\\p{L}\\p{N}\\p{Zs}+\\-=._:/@]";
    private static final Pattern KEY = Pattern.compile(CHARACTERS + "{1,128}");
    private static final Pattern VALUE = Pattern.compile(CHARACTERS + "{0,256}");

    private ObjectTags() {}

    /** What is wrong with the tags; empty when nothing is. */
    static List<String> mistakes(Map<String, String> tags) {
        List<String> mistakes = new ArrayList<>();
        if (tags.size() > MAX) {
            mistakes.add(tags.size() + " tags are given, an object has at most " + MAX);
        }
        tags.forEach((key, value) -> {
            if (!KEY.matcher(key).matches()) {
                mistakes.add("tag key " + Escaped.of(key)
                        + " takes 1 to 128 letters, digits, spaces and characters of + - = . _ : / @");
            } else if (isReserved(key)) {
                mistakes.add("tag key " + Escaped.of(key) + " begins with aws:, which AWS keeps for itself");
            }
            if (!VALUE.matcher(value).matches()) {
                mistakes.add("the value " + Escaped.of(value) + " of the tag " + Escaped.of(key)
                        + " takes at most 256 letters, digits, spaces and characters of + - = . _ : / @");
            }
        });
        return mistakes;
    }

    private static boolean isReserved(String key) {
        return key.toLowerCase(Locale.ROOT).startsWith("aws:");
    }

    static Tagging of(Map<String, String> tags) {
        return Tagging.builder()
                .tagSet(tags.entrySet().stream()
                        .map(tag -> Tag.builder()
                                .key(tag.getKey())
                                .value(tag.getValue())
                                .build())
                        .toList())
                .build();
    }
}
