package ch.sbb.esta.results.testkit.kube;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A set of fields as {@code fieldsV1} writes it: a tree whose edges are {@code f:NAME}, {@code k:KEYS} or {@code v:VALUE}, in which a dot marks a field that
 * is a member itself beside fields below it ({@code sigs.k8s.io/structured-merge-diff/fieldpath/serialize.go}).
 */
final class FieldSet {

    private static final String SELF = ".";

    private boolean member;
    private final TreeMap<String, FieldSet> children = new TreeMap<>();

    static FieldSet parse(JsonNode json) {
        FieldSet set = new FieldSet();
        json.properties().forEach(entry -> {
            if (entry.getKey().equals(SELF)) {
                set.member = true;
            } else {
                FieldSet child = parse(entry.getValue());
                child.member |= child.children.isEmpty();
                set.children.put(entry.getKey(), child);
            }
        });
        return set;
    }

    ObjectNode json() {
        ObjectNode json = Json.object();
        if (member && !children.isEmpty()) {
            json.putObject(SELF);
        }
        children.forEach((edge, child) -> json.set(edge, child.json()));
        return json;
    }

    boolean isEmpty() {
        return !member && children.isEmpty();
    }

    /** Makes the field at the root of this tree a member. */
    void include() {
        member = true;
    }

    /** Hangs a tree below an edge unless it is empty. */
    void put(String edge, FieldSet child) {
        if (!child.isEmpty()) {
            children.put(edge, child);
        }
    }

    Map<String, FieldSet> children() {
        return children;
    }

    FieldSet union(FieldSet other) {
        FieldSet all = new FieldSet();
        all.member = member || other.member;
        all.children.putAll(children);
        other.children.forEach((edge, child) -> all.children.merge(edge, child, FieldSet::union));
        return all;
    }

    FieldSet intersection(FieldSet other) {
        FieldSet common = new FieldSet();
        common.member = member && other.member;
        children.forEach((edge, child) -> {
            FieldSet there = other.children.get(edge);
            if (there != null) {
                common.put(edge, child.intersection(there));
            }
        });
        return common;
    }

    FieldSet difference(FieldSet other) {
        FieldSet rest = new FieldSet();
        rest.member = member && !other.member;
        children.forEach((edge, child) -> {
            FieldSet there = other.children.get(edge);
            rest.put(edge, there == null ? child : child.difference(there));
        });
        return rest;
    }

    /** The set without everything at and below an edge. */
    FieldSet without(String edge) {
        FieldSet rest = new FieldSet();
        rest.member = member;
        rest.children.putAll(children);
        rest.children.remove(edge);
        return rest;
    }

    /** The paths of all members as conflicts name them ({@code fieldpath/element.go}), such as {@code .metadata.finalizers[="x"]}. */
    List<String> paths() {
        List<String> paths = new ArrayList<>();
        collect("", paths);
        return paths;
    }

    private void collect(String path, List<String> paths) {
        if (member) {
            paths.add(path);
        }
        children.forEach((edge, child) -> child.collect(path + readable(edge), paths));
    }

    private static String readable(String edge) {
        String rest = edge.substring(2);
        return switch (edge.charAt(0)) {
            case 'v' -> "[=" + rest + "]";
            case 'k' -> {
                List<String> keys = new ArrayList<>();
                Json.parseText(rest).properties().forEach(key -> keys.add(key.getKey() + "=" + key.getValue()));
                yield "[" + String.join(",", keys) + "]";
            }
            default -> "." + rest;
        };
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof FieldSet that && member == that.member && children.equals(that.children);
    }

    @Override
    public int hashCode() {
        return 31 * children.hashCode() + Boolean.hashCode(member);
    }

    @Override
    public String toString() {
        return paths().toString();
    }
}
