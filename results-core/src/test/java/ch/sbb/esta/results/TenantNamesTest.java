package ch.sbb.esta.results;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class TenantNamesTest {

    @Test
    void namesTellClusterAndNamespace() {
        TenantNames names = TenantNames.of("east-1", "ci");

        assertThat(names.schema()).isEqualTo("results_east-1_ci");
        assertThat(names.owner()).isEqualTo("results_east-1_ci_owner");
        assertThat(names.blue()).isEqualTo("results_east-1_ci_blue");
        assertThat(names.green()).isEqualTo("results_east-1_ci_green");
        assertThat(names.reader()).isEqualTo("results_east-1_ci_reader");
        assertThat(TenantNames.runtime("east-1")).isEqualTo("results_east-1__runtime");
        assertThat(TenantNames.readerOfAll("east-1")).isEqualTo("results_east-1__reader");
        assertThat(TenantNames.connect("east-1")).isEqualTo("results_east-1__connect");
    }

    @Test
    void whatIsLongIsCutAndTold() {
        String first = TenantNames.of("east-1", "a".repeat(50) + "b").owner();
        String second = TenantNames.of("east-1", "a".repeat(50) + "c").owner();

        assertThat(first)
                .hasSizeLessThanOrEqualTo(63)
                .startsWith("results_east-1_aaaa")
                .endsWith("_owner");
        assertThat(second).hasSizeLessThanOrEqualTo(63).isNotEqualTo(first);
    }

    @Test
    void noTwoNamesOfManyAreTheSame() {
        long seed = new Random().nextLong();
        Random random = new Random(seed);
        Set<String> pairs = new HashSet<>();
        Set<String> names = new HashSet<>();
        int expected = 0;
        for (int i = 0; i < 3000; i++) {
            String cluster = segment(random);
            if (pairs.add(cluster)) {
                names.addAll(checked(List.of(
                        TenantNames.runtime(cluster), TenantNames.readerOfAll(cluster), TenantNames.connect(cluster))));
                expected += 3;
            }
            String namespace = segment(random);
            if (pairs.add(cluster + "/" + namespace)) {
                TenantNames tenant = TenantNames.of(cluster, namespace);
                names.addAll(checked(
                        List.of(tenant.schema(), tenant.owner(), tenant.blue(), tenant.green(), tenant.reader())));
                expected += 5;
            }
        }
        assertThat(names).as("seed %s", seed).hasSize(expected);
    }

    private static List<String> checked(List<String> names) {
        assertThat(names).allSatisfy(name -> assertThat(name).matches("results_[a-z0-9_-]{1,55}"));
        return names;
    }

    /** Short ones of few letters meet often; long ones differ in their last letter only. */
    private static String segment(Random random) {
        if (random.nextInt(4) == 0) {
            return "a".repeat(45 + random.nextInt(17)) + (char) ('a' + random.nextInt(3));
        }
        List<String> parts = new ArrayList<>(List.of("a"));
        for (int i = random.nextInt(5); i > 0; i--) {
            parts.add(List.of("a", "b", "_", "-", "owner", "blue", "reader", "runtime", "__")
                    .get(random.nextInt(9)));
        }
        return String.join("", parts);
    }

    @Test
    void whatIsNoNameIsRefused() {
        for (String wrong : List.of("", "-", "A", "a.b", "a\"b", "a".repeat(64))) {
            assertThatThrownBy(() -> TenantNames.of("east", wrong)).isInstanceOf(ResultsException.class);
            assertThatThrownBy(() -> TenantNames.of(wrong, "ci")).isInstanceOf(ResultsException.class);
            assertThatThrownBy(() -> TenantNames.connect(wrong)).isInstanceOf(ResultsException.class);
        }
    }
}
