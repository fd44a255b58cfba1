package ch.sbb.esta.results.copy;

import java.util.Collections;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;

/**
 * What source and target have, parent by parent.
 *
 * <p>Immutable and thread-safe.
 */
public final class CopyComparison {

    private final Map<String, Both> parents;

    /**
     * One parent on both sides.
     *
     * @param source what the source has
     * @param target what the target has
     */
    public record Both(ParentTally source, ParentTally target) {

        /**
         * Whether the target says what the source says.
         *
         * @return true when counts and hashes are equal
         */
        public boolean isSame() {
            return source.equals(target);
        }
    }

    CopyComparison(Map<String, Both> parents) {
        this.parents = Collections.unmodifiableMap(new TreeMap<>(Objects.requireNonNull(parents, "parents")));
    }

    /**
     * Every parent that the source has.
     *
     * @return unmodifiable, by name
     */
    public Map<String, Both> parents() {
        return parents;
    }

    /**
     * Whether the target has everything as the source has it.
     *
     * @return true when all parents are the same
     */
    public boolean isSame() {
        return parents.values().stream().allMatch(Both::isSame);
    }

    /** One line for each parent. */
    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        parents.forEach((parent, both) -> text.append(parent)
                .append(both.isSame() ? " same " : " DIFFERENT ")
                .append(both.source())
                .append(both.isSame() ? "" : " " + both.target())
                .append('\n'));
        return text.toString();
    }
}
