package ch.sbb.esta.results.jdbi;

import static org.assertj.core.api.Assertions.assertThat;

import ch.sbb.esta.results.ResultsException;
import ch.sbb.esta.results.ResultsException.Code;
import java.sql.SQLException;
import java.time.Duration;
import org.jdbi.v3.core.Jdbi;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ReplicaTest {

    private static final Jdbi NOWHERE = Jdbi.create("jdbc:nowhere:");

    @Test
    void aReplicaThatFailedIsLeftAlone() {
        Replica replica = new Replica(NOWHERE, Duration.ofHours(1));
        assertThat(replica.isUsable()).isTrue();
        assertThat(replica.isUsable()).isTrue();

        replica.failed(new ResultsException(Code.UNAVAILABLE, "gone"));

        assertThat(replica.isUsable()).isFalse();
        replica.worked();
        assertThat(replica.isUsable()).isTrue();
    }

    @Test
    void afterARestItIsTriedAgain() {
        Replica replica = new Replica(NOWHERE, Duration.ZERO);

        replica.failed(new ResultsException(Code.UNAVAILABLE, "gone"));

        assertThat(replica.isUsable()).isTrue();
    }

    @ParameterizedTest
    @CsvSource({
        "08006, true",
        "57P01, true",
        "53300, true",
        "28P01, true",
        "42P01, true",
        "40001, true",
        "57014, false",
        "22003, false"
    })
    void thePrimaryIsAskedWhereItMayDoBetter(String state, boolean better) {
        ResultsException e = SqlErrors.translate("listing", new SQLException("x", state));

        assertThat(Replica.mayPrimaryDoBetter(e)).isEqualTo(better);
    }
}
