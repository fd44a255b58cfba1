package ch.sbb.esta.results;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.exc.StreamConstraintsException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * What this library takes for JSON: one value in UTF-8 without duplicate keys, at most {@value RunReading#MAX_DEPTH} levels deep and
 * {@value RunReading#MAX_BYTES} bytes long.
 *
 * <p>Thread-safe: it has no state.
 */
public final class JsonText {

    private static final JsonMapper MAPPER = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(RunReading.MAX_DEPTH)
                            .maxStringLength(RunReading.MAX_BYTES)
                            .maxNameLength(RunReading.MAX_BYTES)
                            .maxNumberLength(100_000)
                            .build())
                    .disable(JsonFactory.Feature.CHARSET_DETECTION)
                    .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
                    .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
                    .build())
            .build();

    private JsonText() {}

    /**
     * Checks a JSON value of any type.
     *
     * @param json the value in UTF-8
     * @throws ResultsException {@code INVALID} saying what is wrong and the place
     */
    public static void check(byte[] json) {
        Objects.requireNonNull(json, "json");
        findUnreadable(json).ifPresent(fault -> {
            throw ResultsException.invalid(fault);
        });
        try (JsonParser parser = parser(json)) {
            checkOne(parser);
        } catch (IOException e) {
            throw new UncheckedIOException("reading from memory failed", e);
        }
    }

    private static void checkOne(JsonParser parser) throws IOException {
        try {
            if (parser.nextToken() == null) {
                throw ResultsException.invalid("no JSON value");
            }
            parser.skipChildren();
            if (parser.nextToken() != null) {
                throw ResultsException.invalid("more than one JSON value" + place(parser.currentTokenLocation()));
            }
        } catch (JsonProcessingException e) {
            throw ResultsException.invalid(fault(e, parser));
        }
    }

    static JsonParser parser(byte[] json) throws IOException {
        return MAPPER.createParser(withReadableKeys(json));
    }

    /**
     * Makes keys readable for Jackson, which refuses those that hold half a surrogate pair although JSON allows them: each half is moved
     * into the private use area, {@code \}{@code ud800} to {@code \}{@code ue000}. Values and lengths stay.
     *
     * @param json a JSON value in UTF-8; need not be valid
     * @return the same array where no key holds half a pair, else a copy
     */
    public static byte[] withReadableKeys(byte[] json) {
        return LoneSurrogates.movedOutOfKeys(json);
    }

    /** Faults that are found before parsing: too long, or not UTF-8. */
    static Optional<String> findUnreadable(byte[] json) {
        if (json.length > RunReading.MAX_BYTES) {
            return Optional.of(
                    "the object has " + json.length + " bytes, more than the limit of " + RunReading.MAX_BYTES);
        }
        CharsetDecoder decoder = StandardCharsets.UTF_8
                .newDecoder()
                .onMalformedInput(CodingErrorAction.REPORT)
                .onUnmappableCharacter(CodingErrorAction.REPORT);
        ByteBuffer in = ByteBuffer.wrap(json);
        CharBuffer out = CharBuffer.allocate(8192);
        CoderResult result;
        do {
            out.clear();
            result = decoder.decode(in, out, true);
        } while (result.isOverflow());
        return result.isError() ? Optional.of("not UTF-8 at byte " + in.position()) : Optional.empty();
    }

    static String fault(JsonProcessingException e, JsonParser parser) {
        if (e instanceof StreamConstraintsException) {
            // Thrown without a place, and the message names settings of a library that the reader has never heard of.
            String limit = String.valueOf(e.getOriginalMessage()).replaceAll(", from `[^`]*`", "");
            return "over a limit" + place(parser.currentLocation()) + ": " + Escaped.of(limit);
        }
        return "not valid JSON" + place(e.getLocation()) + ": " + Escaped.of(e.getOriginalMessage());
    }

    static String place(@Nullable JsonLocation location) {
        return location == null ? "" : " at line " + location.getLineNr() + ", column " + location.getColumnNr();
    }
}
