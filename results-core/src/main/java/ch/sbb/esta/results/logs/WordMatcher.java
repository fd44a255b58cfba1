package ch.sbb.esta.results.logs;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.List;

/**
 * Finds words in a row of bytes, byte by byte: the automaton of A. V. Aho and M. J. Corasick, "Efficient string matching", Communications
 * of the ACM 18 (1975), with all transitions worked out. Immutable, thread-safe.
 */
final class WordMatcher {

    private final short[] classes = new short[256];
    private final int width;
    private final int[] next;
    private final int[] depth;
    private final int[] matched;
    private final int longest;

    /** @param words none of them empty */
    WordMatcher(List<byte[]> words) {
        int used = 1;
        int nodes = 1;
        int most = 0;
        boolean[] seen = new boolean[256];
        for (byte[] word : words) {
            nodes = Math.addExact(nodes, word.length);
            most = Math.max(most, word.length);
            for (byte b : word) {
                if (!seen[b & 0xff]) {
                    seen[b & 0xff] = true;
                    classes[b & 0xff] = (short) used++;
                }
            }
        }
        width = used;
        longest = most;
        int[] trie = new int[Math.multiplyExact(nodes, width)];
        Arrays.fill(trie, -1);
        depth = new int[nodes];
        matched = new int[nodes];
        int count = 1;
        for (byte[] word : words) {
            int node = 0;
            for (byte b : word) {
                int at = node * width + kind(b);
                if (trie[at] < 0) {
                    trie[at] = count;
                    depth[count] = depth[node] + 1;
                    count++;
                }
                node = trie[at];
            }
            matched[node] = word.length;
        }
        next = trie;
        link(count);
    }

    /** Breadth first, so that whatever a node falls back to is finished. */
    private void link(int count) {
        int[] fallback = new int[count];
        ArrayDeque<Integer> queue = new ArrayDeque<>();
        for (int c = 0; c < width; c++) {
            if (next[c] < 0) {
                next[c] = 0;
            } else {
                queue.add(next[c]);
            }
        }
        while (!queue.isEmpty()) {
            int node = queue.remove();
            matched[node] = Math.max(matched[node], matched[fallback[node]]);
            for (int c = 0; c < width; c++) {
                int at = node * width + c;
                int otherwise = next[fallback[node] * width + c];
                if (next[at] < 0) {
                    next[at] = otherwise;
                } else {
                    fallback[next[at]] = otherwise;
                    queue.add(next[at]);
                }
            }
        }
    }

    private int kind(byte b) {
        return classes[b & 0xff];
    }

    /** The state behind a byte; 0 is the first state. */
    int next(int state, byte b) {
        return next[state * width + kind(b)];
    }

    /** How many of the last bytes may be the beginning of a word. */
    int depth(int state) {
        return depth[state];
    }

    /** How many bytes the longest word has that ends here; 0 for none. */
    int matched(int state) {
        return matched[state];
    }

    /** How many bytes the longest word has. */
    int longest() {
        return longest;
    }
}
