package ch.sbb.esta.results.testkit.kube;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;

/** Whole answers. */
final class Replies {

    private static final int LONGEST_QUOTE = 200;

    private Replies() {}

    static void json(HttpServerResponse response, int code, byte[] body) {
        json(response, code, Buffer.buffer(body));
    }

    static void json(HttpServerResponse response, int code, Buffer body) {
        send(response, code, "application/json", body);
    }

    static void fault(HttpServerResponse response, ApiFault fault) {
        if (fault.retryAfterSeconds() > 0) {
            response.putHeader("Retry-After", Long.toString(fault.retryAfterSeconds()));
        }
        json(response, fault.answer().code(), Json.bytes(fault.answer().status()));
    }

    static void text(HttpServerResponse response, int code, String body) {
        send(response, code, "text/plain; charset=utf-8", Buffer.buffer(body));
    }

    private static void send(HttpServerResponse response, int code, String type, Buffer body) {
        if (!response.ended() && !response.closed()) {
            response.setStatusCode(code)
                    .putHeader("Content-Type", type)
                    .putHeader("Cache-Control", "no-cache, private")
                    .end(body);
        }
    }

    /** What a delete answers: the object where it stays or its kind does so, else a Status with the uid. */
    static byte[] deleted(ObjectWrites.Target target, ObjectWrites.Deleted deleted) {
        KubeResource resource = target.resource();
        if (!deleted.gone() || resource.is(KubeResource.Trait.RETURNS_DELETED)) {
            return deleted.object().json(target.version());
        }
        ObjectNode status = Json.object().put("kind", "Status").put("apiVersion", "v1");
        status.putObject("metadata");
        ObjectNode details = status.put("status", "Success").putObject("details");
        details.put("name", target.name());
        if (!resource.group().isEmpty()) {
            details.put("group", resource.group());
        }
        details.put("kind", resource.plural()).put("uid", deleted.object().uid());
        return Json.bytes(status);
    }

    /** Text of a client for a log line: bounded, without control characters. */
    static String escape(String text) {
        String bounded = text.length() > LONGEST_QUOTE ? text.substring(0, LONGEST_QUOTE) + "..." : text;
        return bounded.replaceAll("\\p{Cntrl}", "?");
    }
}
