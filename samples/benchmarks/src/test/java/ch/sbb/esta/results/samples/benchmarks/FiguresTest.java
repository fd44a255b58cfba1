package ch.sbb.esta.results.samples.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;

class FiguresTest {

    @Test
    void figuresAreReadByName() {
        Figures figures = Figures.parse("ratio=0.81  rate=64.5 lines=12 ");

        assertThat(figures.get("ratio")).isEqualTo(0.81);
        assertThat(figures.get("lines")).isEqualTo(12);
    }

    @Test
    void whatIsNoFigureIsTold() {
        assertThatThrownBy(() -> Figures.parse("ratio=1 nothing")).hasMessageContaining("nothing");
        assertThatThrownBy(() -> Figures.parse("ratio=1").get("rate")).hasMessageContaining("rate");
    }
}
