package ch.sbb.esta.results.logs;

import ch.sbb.esta.results.ContainerLogId;
import ch.sbb.esta.results.LogDefect;
import ch.sbb.esta.results.LogInfo;
import ch.sbb.esta.results.LogState;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What makes a log sealed, as JSON. It depends on nothing but the segments, so that all who seal a log write the same bytes.
 * Its own checksum is that of the JSON without it and without white space.
 *
 * @param info the log
 * @param text the object with the text, named by its SHA-256
 * @param index the object with the segments' indexes, named by its SHA-256
 * @param directory where in it the directory begins, to its end
 * @param writer who put the END segment
 */
record Manifest(LogInfo info, Stored text, Stored index, Directory directory, String writer) {

    private static final JsonMapper MAPPER = JsonMapper.builder().build();
    private static final int VERSION = 1;
    private static final String CHECKSUM = "manifestSha256";

    /**
     * An object.
     *
     * @param sha256 its checksum and name
     * @param bytes its size
     */
    record Stored(String sha256, long bytes) {}

    /**
     * A part of the index.
     *
     * @param offset its first byte
     * @param sha256 its checksum
     */
    record Directory(long offset, String sha256) {}

    byte[] encode() {
        ObjectNode root = MAPPER.createObjectNode();
        root.put("version", VERSION)
                .put("log", info.id().path())
                .put("state", info.state().name())
                .put("bytes", info.extent().bytes())
                .put("lines", info.extent().lines())
                .put("firstTime", text(info.extent().firstTime()))
                .put("lastTime", text(info.extent().lastTime()));
        info.redactedBy().ifPresent(name -> root.put("redactedBy", name));
        ArrayNode defects = root.putArray("defects");
        for (LogDefect defect : info.defects()) {
            defects.addObject()
                    .put("reason", defect.reason().name())
                    .put("offset", defect.offset())
                    .put("detail", defect.detail());
        }
        root.putObject("text")
                .put("name", LogBlobs.textName(text.sha256))
                .put("bytes", text.bytes)
                .put("sha256", text.sha256);
        root.putObject("index")
                .put("name", LogBlobs.indexName(index.sha256))
                .put("bytes", index.bytes)
                .put("sha256", index.sha256)
                .put("directoryOffset", directory.offset)
                .put("directorySha256", directory.sha256);
        root.put("writer", writer);
        try {
            root.put(CHECKSUM, Sha256.hexOf(MAPPER.writeValueAsBytes(root)));
            return MAPPER.writerWithDefaultPrettyPrinter().writeValueAsBytes(root);
        } catch (IOException e) {
            throw new UncheckedIOException("writing to memory failed", e);
        }
    }

    static Manifest decode(ContainerLogId id, byte[] json) {
        try {
            JsonNode root = MAPPER.readTree(json);
            String checksum = root.path(CHECKSUM).asText();
            if (!(root instanceof ObjectNode object)
                    || !checksum.equals(Sha256.hexOf(MAPPER.writeValueAsBytes(object.without(CHECKSUM))))) {
                throw GzipMember.corrupt("the manifest of " + id + " does not fit its checksum");
            }
            if (root.path("version").asInt() != VERSION
                    || !root.path("log").asText().equals(id.path())) {
                throw GzipMember.corrupt("the manifest of " + id + " is of another version or log");
            }
            List<LogDefect> defects = new ArrayList<>();
            for (JsonNode defect : root.path("defects")) {
                defects.add(new LogDefect(
                        LogDefect.Reason.valueOf(defect.path("reason").asText()),
                        defect.path("offset").asLong(),
                        defect.path("detail").asText()));
            }
            LogInfo.Extent extent = new LogInfo.Extent(
                    root.path("bytes").asLong(),
                    root.path("lines").asLong(),
                    time(root.path("firstTime")),
                    time(root.path("lastTime")));
            LogState state = LogState.valueOf(root.path("state").asText());
            JsonNode index = root.path("index");
            return new Manifest(
                    new LogInfo(
                            id, state, extent, defects, root.path("redactedBy").textValue()),
                    stored(root.path("text")),
                    stored(index),
                    new Directory(
                            index.path("directoryOffset").asLong(),
                            index.path("directorySha256").asText()),
                    root.path("writer").asText());
        } catch (IOException | IllegalArgumentException | DateTimeException e) {
            throw GzipMember.corrupt("the manifest of " + id + " cannot be read");
        }
    }

    private static Stored stored(JsonNode node) {
        return new Stored(node.path("sha256").asText(), node.path("bytes").asLong());
    }

    private static @Nullable String text(@Nullable Instant time) {
        return time == null ? null : time.toString();
    }

    private static @Nullable Instant time(JsonNode node) {
        return node.isTextual() ? Instant.parse(node.textValue()) : null;
    }
}
