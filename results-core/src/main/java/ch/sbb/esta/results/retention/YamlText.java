package ch.sbb.esta.results.retention;

import ch.sbb.esta.results.Escaped;
import ch.sbb.esta.results.ResultsException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.composer.Composer;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;
import org.yaml.snakeyaml.nodes.MappingNode;
import org.yaml.snakeyaml.nodes.Node;
import org.yaml.snakeyaml.nodes.NodeTuple;
import org.yaml.snakeyaml.nodes.ScalarNode;
import org.yaml.snakeyaml.nodes.SequenceNode;
import org.yaml.snakeyaml.nodes.Tag;
import org.yaml.snakeyaml.parser.ParserImpl;
import org.yaml.snakeyaml.reader.StreamReader;
import org.yaml.snakeyaml.resolver.Resolver;

/**
 * Reads YAML as a tree of texts: nothing is turned into numbers, dates or classes, so that {@code true} and {@code 7} are the texts that
 * somebody wrote.
 */
final class YamlText {

    private static final int MAX_CHARACTERS = 1 << 20;

    private YamlText() {}

    /** The one document of a text, or empty when there is nothing in it. */
    static Optional<Node> parse(String what, String text) {
        if (text.length() > MAX_CHARACTERS) {
            throw ResultsException.invalid(
                    what + " has " + text.length() + " characters, more than the " + MAX_CHARACTERS + " that are read");
        }
        LoaderOptions options = new LoaderOptions();
        options.setNestingDepthLimit(20);
        options.setMaxAliasesForCollections(20);
        try {
            Composer composer = new Composer(new ParserImpl(new StreamReader(text), options), new Resolver(), options);
            @Nullable Node node = composer.getSingleNode();
            return Optional.ofNullable(node).filter(found -> !isNull(found));
        } catch (MarkedYAMLException e) {
            throw ResultsException.invalid(what + " is no YAML: " + Escaped.of(String.valueOf(e.getProblem()))
                    + (e.getProblemMark() == null
                            ? ""
                            : place(
                                    e.getProblemMark().getLine(),
                                    e.getProblemMark().getColumn())));
        } catch (YAMLException e) {
            throw ResultsException.invalid(what + " is no YAML: " + Escaped.of(String.valueOf(e.getMessage())));
        }
    }

    static String at(Node node) {
        return place(node.getStartMark().getLine(), node.getStartMark().getColumn());
    }

    private static String place(int line, int column) {
        return " (line " + (line + 1) + ", column " + (column + 1) + ")";
    }

    static boolean isNull(Node node) {
        return node.getTag().equals(Tag.NULL);
    }

    /** The text of a scalar; null is empty text. */
    static String scalar(String what, Node node) {
        if (node instanceof ScalarNode scalar) {
            return isNull(node) ? "" : scalar.getValue();
        }
        throw ResultsException.invalid(what + " is not a text" + at(node));
    }

    /** The fields of a mapping; null is an empty one. */
    static Map<String, Node> mapping(String what, Node node) {
        if (isNull(node)) {
            return Map.of();
        }
        if (!(node instanceof MappingNode mapping)) {
            throw ResultsException.invalid(what + " is not a mapping" + at(node));
        }
        Map<String, Node> fields = new LinkedHashMap<>();
        for (NodeTuple tuple : mapping.getValue()) {
            String key = scalar("a key of " + what, tuple.getKeyNode());
            if (fields.put(key, tuple.getValueNode()) != null) {
                throw ResultsException.invalid(what + " has " + Escaped.of(key) + " twice" + at(tuple.getKeyNode()));
            }
        }
        return fields;
    }

    /** The items of a sequence; null is an empty one. */
    static List<Node> sequence(String what, Node node) {
        if (isNull(node)) {
            return List.of();
        }
        if (node instanceof SequenceNode sequence) {
            return sequence.getValue();
        }
        throw ResultsException.invalid(what + " is not a list" + at(node));
    }

    static List<String> texts(String what, Node node) {
        List<String> texts = new ArrayList<>();
        for (Node item : sequence(what, node)) {
            texts.add(scalar("an item of " + what, item));
        }
        return texts;
    }
}
