package ch.sbb.esta.results;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ch.sbb.esta.results.ListOrder.Direction;
import ch.sbb.esta.results.ListOrder.Field;
import ch.sbb.esta.results.ListQuery.Collection;
import ch.sbb.esta.results.ListQuery.View;
import ch.sbb.esta.results.ResultsException.Code;
import java.time.Instant;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ThreadLocalRandom;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ListQueryTest {

    private static void assertInvalid(ThrowingCallable call, String messagePart) {
        assertThatThrownBy(call)
                .isInstanceOfSatisfying(
                        ResultsException.class, e -> assertThat(e.code()).isEqualTo(Code.INVALID))
                .hasMessageContaining(messagePart);
    }

    @Test
    void theFormOfTheParentSaysWhatIsListed() {
        ListQuery results = ListQuery.of("ci");
        assertThat(results.collection()).isEqualTo(Collection.RESULTS);
        assertThat(results.parent()).contains("ci");
        assertThat(results.result()).isEmpty();
        ListQuery records = ListQuery.of("-/results/-");
        assertThat(records.collection()).isEqualTo(Collection.RECORDS);
        assertThat(records.parent()).isEmpty();
        assertThat(records.result()).isEmpty();
        assertThat(ListQuery.of("ci/results/a").result()).contains("a");
        assertThat(results.requireCollection(Collection.RESULTS)).isSameAs(results);
        assertInvalid(() -> results.requireCollection(Collection.RECORDS), "\"ci\" is not the parent of Records");
        assertInvalid(
                () -> records.requireCollection(Collection.RESULTS), "\"-/results/-\" is not the parent of Results");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "CI", "ci/", "ci/results", "ci/results/a/records/b", "ci/results/A", "a b", "--/../x"})
    void otherParentsAreRefused(String parent) {
        assertInvalid(() -> ListQuery.of(parent), Escaped.of(parent));
    }

    @Test
    void thePageSizeHasADefaultAndBounds() {
        ListQuery query = ListQuery.of("ci");
        assertThat(query.pageSize()).isEqualTo(50);
        assertThat(query.pageSize(0).pageSize()).isEqualTo(50);
        assertThat(query.pageSize(1).pageSize()).isEqualTo(1);
        assertThat(query.pageSize(10_000).pageSize()).isEqualTo(10_000);
        assertInvalid(() -> query.pageSize(-1), "page size -1 is not between 1 and 10000");
        assertInvalid(() -> query.pageSize(20_000), "page size 20000");
    }

    @Test
    void ordersAreParsed() {
        assertThat(ListOrder.parse(" ")).isEqualTo(ListOrder.BY_ID).hasToString("id asc");
        assertThat(ListOrder.parse("create_time")).isEqualTo(new ListOrder(Field.CREATE_TIME, Direction.ASC));
        assertThat(ListOrder.parse(" update_time  DESC ")).isEqualTo(new ListOrder(Field.UPDATE_TIME, Direction.DESC));
        for (String written : List.of("summary.start_time asc", "summary.end_time desc", "create_time desc")) {
            assertThat(ListOrder.parse(written)).hasToString(written);
        }
        assertThat(ListOrder.parse("start_time")).isEqualTo(ListOrder.parse("summary.start_time asc"));
        assertThat(ListOrder.parse("end_time desc")).isEqualTo(ListOrder.parse("summary.end_time desc"));
        for (String wrong :
                List.of("id", "create_time down", "create_time asc asc", "create_time,update_time", "x\n")) {
            assertInvalid(() -> ListOrder.parse(wrong), "order_by " + Escaped.of(wrong));
        }
    }

    @Test
    void aPageTokenComesBackInTheQueryItBelongsTo() {
        long seed = ThreadLocalRandom.current().nextLong();
        Random random = new Random(seed);
        ListQuery query = ListQuery.of("ci/results/-").orderBy(ListOrder.parse("update_time desc"));
        for (int i = 0; i < 500; i++) {
            Instant time = Instant.ofEpochSecond(random.nextInt(), random.nextInt(1_000_000) * 1000L);
            PageToken token = new PageToken(time, "uid-\u00fc-" + random.nextInt());
            String text = token.encode(query);
            assertThat(text).matches("[A-Za-z0-9_-]+");
            assertThat(query.pageToken(text).position()).as("seed %s", seed).contains(token);
            assertThat(query.pageSize(7).pageToken(text).position()).contains(token);
            assertThat(query.view(View.BASIC).pageToken(text).position()).contains(token);
        }
        assertThat(query.position()).isEqualTo(Optional.empty());
        assertThat(query.pageToken("").position()).isEmpty();
    }

    @Test
    void aPageTokenIsRefusedElsewhere() {
        ListQuery query = ListQuery.of("ci");
        String token = new PageToken(Instant.EPOCH, "a").encode(query);
        for (ListQuery other : List.of(
                ListQuery.of("cd"),
                ListQuery.of("-"),
                ListQuery.of("ci/results/-"),
                query.orderBy(ListOrder.parse("create_time")))) {
            assertInvalid(() -> other.pageToken(token).position(), "page token " + Escaped.of(token));
        }
    }

    @Test
    void aMangledPageTokenIsRefused() {
        ListQuery query = ListQuery.of("ci");
        byte[] bytes = Base64.getUrlDecoder().decode(new PageToken(Instant.EPOCH, "abc").encode(query));
        for (int i = 0; i < bytes.length; i++) {
            byte[] changed = bytes.clone();
            changed[i] ^= 1;
            String text = Base64.getUrlEncoder().withoutPadding().encodeToString(changed);
            assertInvalid(
                    () -> query.pageToken(text).position(), "is mangled or belongs to a list with another parent");
        }
        for (String text : List.of("x", "!", "\u0000", "AAAA", "x".repeat(100_000))) {
            assertInvalid(() -> query.pageToken(text).position(), "page token " + Escaped.of(text));
        }
    }
}
