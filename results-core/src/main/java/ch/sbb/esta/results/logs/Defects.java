package ch.sbb.esta.results.logs;

import ch.sbb.esta.results.LogDefect;
import ch.sbb.esta.results.LogDefect.Reason;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * The defects of one log, bounded: behind the first {@value #PLACES} of them a further one of a reason that is there already is told in
 * the last entry of that reason, so that neither the label nor the end of the trouble is lost.
 */
final class Defects {

    private static final int PLACES = 64;
    private static final int DETAIL = 200;

    private final List<LogDefect> list;

    Defects(List<LogDefect> list) {
        this.list = new ArrayList<>(list);
    }

    List<LogDefect> list() {
        return List.copyOf(list);
    }

    int size() {
        return list.size();
    }

    /** Whether this changed anything. */
    boolean add(Reason reason, long offset, String detail) {
        LogDefect defect = new LogDefect(reason, offset, bounded(detail));
        if (list.contains(defect)) {
            return false;
        }
        int same = lastOf(reason);
        if (list.size() < PLACES || same < 0) {
            list.add(defect);
        } else {
            LogDefect first = list.get(same);
            list.set(
                    same,
                    new LogDefect(reason, first.offset(), "and more of the kind, the last before byte " + offset));
        }
        return true;
    }

    private int lastOf(Reason reason) {
        for (int i = list.size() - 1; i >= 0; i--) {
            if (list.get(i).reason() == reason) {
                return i;
            }
        }
        return -1;
    }

    /** A lone surrogate, at the cut or before, becomes a question mark. */
    private static String bounded(String detail) {
        String text = detail.length() > DETAIL ? detail.substring(0, DETAIL) + "…" : detail;
        return new String(text.getBytes(StandardCharsets.UTF_8), StandardCharsets.UTF_8);
    }
}
