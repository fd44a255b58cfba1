package ch.sbb.esta.results.filter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RegexReaderTest {

    @ParameterizedTest
    @CsvSource(
            delimiterString = " => ",
            quoteCharacter = '`',
            value = {
                "abc => abc",
                "a.b => a[^\\n]b",
                "a|b|  => a|b|",
                "^a$ => ^a$",
                "(a)(?:b) => (?:a)(?:b)",
                "a*b+?c? => a*b+c?",
                "a{2}b{2,}c{2,5}d{0}e => a{2}b{2,}c{2,5}e",
                "\\d\\W => [0-9][^0-9A-Za-z_]",
                "[\\w.-] => [0-9A-Za-z_\\u002e\\u002d]",
                "[]a] => [\\u005da]",
                "[^a-z\\]] => [^a-z\\u005d]",
                "\\.\\t\\\\ => \\u002e\\u0009\\u005c",
                "a-b:c => a\\u002db\\u003ac",
                "é😀 => é😀",
            })
    void writesForPostgresWhatMeansTheSame(String regex, String postgres) throws Exception {
        assertThat(RegexReader.read(regex).postgres()).isEqualTo(postgres);
        assertThat(RegexReader.read(regex).compile()).isNotNull();
    }

    @ParameterizedTest
    @CsvSource(
            delimiterString = " => ",
            quoteCharacter = '`',
            value = {
                "( => 1",
                "a) => 2",
                "a(b => 2",
                "*a => 1",
                "a** => 3",
                "a+{2} => 3",
                "^* => 1",
                "a{256} => 2",
                "a{3,2} => 2",
                "a{x} => 2",
                "{ => 1",
                "[a => 1",
                "[b-a] => 2",
                "[a-\\d] => 4",
                "[\\d-z] => 2",
                "[\\D] => 2",
                "[[:alpha:]] => 2",
                "[a-b-c] => 5",
                "ab\\ => 3",
                "\\bab => 1",
                "a\\1 => 2",
                "\\pL => 1",
                "\\x41 => 1",
                "(?i)a => 1",
                "(?P<n>a) => 1",
                "(?=a) => 1",
                "((a{100}){100}) => 2",
            })
    void refusesTheRestAtItsPlace(String regex, int position) {
        assertThatThrownBy(() -> RegexReader.read(regex))
                .isInstanceOfSatisfying(
                        RegexReader.Refused.class,
                        e -> assertThat(e.position()).as(e.getMessage()).isEqualTo(position));
    }

    /** Whatever is read is an expression of RE2 too, and whatever is not is refused in an orderly way. */
    @Test
    void neverFailsOtherwise() {
        String[] pieces = {
            "a", "b", ".", "*", "+", "?", "{2}", "{1,3}", "{", "}", "[", "]", "^", "-", "$", "|", "(", ")", "(?:", "\\",
            "\\d", "\\W", "\\.", "é", "[a-c]", "[^a]", " ", "0", ","
        };
        int read = 0;
        for (long seed = 0; seed < 30_000; seed++) {
            Random random = new Random(seed);
            StringBuilder regex = new StringBuilder();
            for (int i = random.nextInt(10); i >= 0; i--) {
                regex.append(pieces[random.nextInt(pieces.length)]);
            }
            try {
                Regex known = RegexReader.read(regex.toString());
                assertThat(known.compile().matcher("abba 0").find())
                        .as("seed %s", seed)
                        .isIn(true, false);
                read++;
            } catch (RegexReader.Refused e) {
                assertThat(e.position()).as("seed %s", seed).isBetween(1, regex.length());
            } catch (RuntimeException e) {
                throw new AssertionError("seed " + seed + ": " + regex, e);
            }
        }
        assertThat(read).isGreaterThan(3_000);
    }
}
