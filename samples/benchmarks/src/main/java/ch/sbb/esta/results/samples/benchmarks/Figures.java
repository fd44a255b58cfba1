package ch.sbb.esta.results.samples.benchmarks;

import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Measured values by name, as one JVM hands them to another: {@code NAME=VALUE NAME=VALUE}.
 *
 * @param values in the order in which they were written
 */
record Figures(Map<String, Double> values) {

    static Figures parse(String line) {
        Map<String, Double> values = new LinkedHashMap<>();
        for (String word : line.trim().split(" +", -1)) {
            int equals = word.indexOf('=');
            if (equals < 1) {
                throw new IllegalArgumentException("'" + word + "' is no figure of the form NAME=VALUE");
            }
            values.put(word.substring(0, equals), Double.valueOf(word.substring(equals + 1)));
        }
        return new Figures(values);
    }

    double get(String name) {
        Double value = values.get(name);
        if (value == null) {
            throw new IllegalArgumentException("there is no figure " + name + " among " + values.keySet());
        }
        return value;
    }
}
