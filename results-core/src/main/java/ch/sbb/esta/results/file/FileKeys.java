package ch.sbb.esta.results.file;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Maps keys to paths and back, reversibly on every file system: a directory's name ends in {@code +}, because the keys {@code a} and
 * {@code a/b} may both exist; an upper-case letter becomes {@code =} and its lower-case one, because the file system may not tell them
 * apart; a segment longer than {@value #MAX_NAME} characters goes on in a directory whose name ends in {@code ~}. The keys of this
 * library are short and in lower case, so their files have the keys' own names.
 */
final class FileKeys {

    private static final int MAX_NAME = 200;

    private FileKeys() {}

    static List<String> names(String key) {
        List<String> names = new ArrayList<>();
        String[] segments = key.split("/", -1);
        for (int i = 0; i < segments.length; i++) {
            StringBuilder name = new StringBuilder();
            for (char c : segments[i].toCharArray()) {
                if (name.length() >= MAX_NAME) {
                    names.add(name.append('~').toString());
                    name.setLength(0);
                }
                if (c >= 'A' && c <= 'Z') {
                    name.append('=');
                }
                name.append(Character.toLowerCase(c));
            }
            names.add(i < segments.length - 1 ? name.append('+').toString() : name.toString());
        }
        return names;
    }

    static Path path(Path root, String key) {
        Path path = root;
        for (String name : names(key)) {
            path = path.resolve(name);
        }
        return path;
    }

    /** The part of a key that a directory's name stands for. */
    static String directoryText(String name) {
        String text = fileText(name.substring(0, name.length() - 1));
        return name.endsWith("+") ? text + "/" : text;
    }

    static boolean isDirectoryName(String name) {
        return name.endsWith("+") || (name.endsWith("~") && name.length() > MAX_NAME);
    }

    static String fileText(String name) {
        if (name.indexOf('=') < 0) {
            return name;
        }
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < name.length(); i++) {
            boolean upper = name.charAt(i) == '=' && i + 1 < name.length();
            text.append(upper ? name.substring(i + 1, i + 2).toUpperCase(Locale.ROOT) : name.substring(i, i + 1));
            i += upper ? 1 : 0;
        }
        return text.toString();
    }
}
