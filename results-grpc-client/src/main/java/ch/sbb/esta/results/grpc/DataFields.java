package ch.sbb.esta.results.grpc;

import ch.sbb.esta.results.Escaped;
import ch.sbb.esta.results.ResultsException;
import io.grpc.Metadata;
import io.grpc.stub.AbstractStub;
import io.grpc.stub.MetadataUtils;
import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Asks for a part of the data of Records; everything else of them is always asked for, and the token of the next page. */
final class DataFields {

    private static final Metadata.Key<String> FIELDS = Metadata.Key.of("fields", Metadata.ASCII_STRING_MARSHALLER);
    private static final Pattern PATH = Pattern.compile("[A-Za-z0-9_-]+(\\.[A-Za-z0-9_-]+)*");
    private static final List<String> ALWAYS =
            List.of("name", "uid", "etag", "create_time", "update_time", "data.type");

    /** No data at all. */
    static final DataFields NONE = new DataFields();

    private final List<String> paths;

    private DataFields() {
        paths = List.of();
    }

    DataFields(List<String> paths) {
        this.paths = List.copyOf(paths);
        if (this.paths.isEmpty()) {
            throw ResultsException.invalid("no path of the data is named; name one, or leave withDataFields out");
        }
        for (String path : this.paths) {
            if (!PATH.matcher(path).matches()) {
                throw ResultsException.invalid("the path " + Escaped.of(path)
                        + " into the data is not made of keys of letters, digits, _ and -, separated by dots");
            }
        }
    }

    static <S extends AbstractStub<S>> S ofOne(@Nullable DataFields fields, S stub) {
        return fields == null ? stub : fields.applyTo(stub, UnaryOperator.identity());
    }

    static <S extends AbstractStub<S>> S ofList(@Nullable DataFields fields, S stub) {
        return fields == null ? stub : fields.applyTo(stub, field -> "records." + field);
    }

    private <S extends AbstractStub<S>> S applyTo(S stub, UnaryOperator<String> place) {
        List<String> asked = new ArrayList<>();
        ALWAYS.forEach(field -> asked.add(place.apply(field)));
        paths.forEach(path -> asked.add(place.apply("data.value." + path)));
        if (!place.apply("").isEmpty()) {
            asked.add("next_page_token");
        }
        Metadata headers = new Metadata();
        headers.put(FIELDS, String.join(",", asked));
        return stub.withInterceptors(MetadataUtils.newAttachHeadersInterceptor(headers));
    }
}
