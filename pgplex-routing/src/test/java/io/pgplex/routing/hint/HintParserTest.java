package io.pgplex.routing.hint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.pgplex.routing.hint.Hints.CrossShard;
import io.pgplex.routing.scan.StatementScanner;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class HintParserTest {
    private static Hints hints(String sql) {
        return HintParser.parse(StatementScanner.scan(sql).get(0).hintTexts());
    }

    private static HintException error(String hint) {
        return (HintException) catchThrowable(() -> HintParser.parse(List.of(hint)));
    }

    @Test
    void readsBothForms() {
        assertThat(hints("--!pgplex shard=s1, cross_shard = Forbid\nselect 1"))
                .isEqualTo(new Hints("s1", null, false, CrossShard.FORBID, null));
        assertThat(hints("select /*!pgplex key='it''s, a' */ 1"))
                .isEqualTo(new Hints(null, "it's, a", true, null, null));
        assertThat(hints("select 1 /*!PGPLEX\n\tSHARD = s1\n cross_shard='warn'*/"))
                .isEqualTo(new Hints("s1", null, false, CrossShard.WARN, null));
    }

    @Test
    void keepsWhetherTheKeyWasQuoted() {
        assertThat(hints("/*!pgplex key=-42*/ select 1")).isEqualTo(new Hints(null, "-42", false, null, null));
        assertThat(hints("/*!pgplex key='42'*/ select 1")).isEqualTo(new Hints(null, "42", true, null, null));
        assertThat(hints("--!pgplex key=550e8400-e29b-41d4-a716-446655440000\nselect 1")
                        .key())
                .isEqualTo("550e8400-e29b-41d4-a716-446655440000");
    }

    @Test
    void readsHowFarASnapshotReaches() {
        assertThat(hints("/*!pgplex snapshot=Global*/ select 1").snapshot()).isEqualTo(Hints.Snapshot.GLOBAL);
        assertThat(hints("--!pgplex snapshot=shard, key=1\nselect 1").snapshot())
                .isEqualTo(Hints.Snapshot.SHARD);
        assertThat(error("--!pgplex snapshot=strict").hint()).isEqualTo("Valid values are: shard, global.");
    }

    @Test
    void addsSeveralHintsUp() {
        assertThat(hints("--!pgplex shard=s1\n/*!pgplex cross_shard=allow*/ select 1 --!pgplex shard=s1"))
                .isEqualTo(new Hints("s1", null, false, CrossShard.ALLOW, null));
        assertThat(hints("select 1")).isEqualTo(Hints.NONE);
    }

    @Test
    void refusesTwoValuesOfOneOption() {
        HintException e =
                (HintException) catchThrowable(() -> hints("--!pgplex shard=s1\nselect 1 /*!pgplex shard=s2*/"));
        assertThat(e).hasMessage("malformed hint: option \"shard\" is given two values");
        assertThat(e.sqlState()).isEqualTo("42601");
        assertThat(e.hintText()).isEqualTo("/*!pgplex shard=s2*/");
        assertThat(catchThrowable(() -> hints("--!pgplex key=1, key='1'\nselect 1")))
                .isInstanceOf(HintException.class);
    }

    @Test
    void doesNotTakeLiteralsAndOtherCommentsForHints() {
        assertThat(hints("select '--!pgplex shard=s1', $$/*!pgplex x*/$$ -- pgplex shard=s1\n/* !pgplex y */"))
                .isEqualTo(Hints.NONE);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "--!pgplex|42601|10",
                "--!pgplex shard|42601|16",
                "--!pgplex shard=|42601|17",
                "--!pgplex shard=s1,|42601|20",
                "--!pgplex shard=s1 = 3|42601|20",
                "--!pgplex shard='s1|42601|17",
                "--!pgplex shard=''|42601|17",
                "--!pgplex shard='s1'x|42601|21",
                "/*!pgplex =s1 */|42601|11",
                "/*!pgplex shrad=s1 */|22023|11",
                "/*!pgplex 😀=1*/|42601|11",
                "/*!pgplex cross_shard=maybe */|22023|23"
            })
    void refusesWhatItDoesNotUnderstand(String hint, String sqlState, int position) {
        HintException e = error(hint);
        assertThat(e).as(hint).isNotNull();
        assertThat(e.sqlState()).isEqualTo(sqlState);
        assertThat(e.position()).isEqualTo(position);
        assertThat(e.hint()).isNotEmpty();
    }

    @Test
    void listsTheValidOptionsAndValues() {
        assertThat(error("--!pgplex shrad=s1").hint())
                .isEqualTo("Valid options are: shard, key, cross_shard, snapshot.");
        assertThat(error("--!pgplex cross_shard=x").hint()).isEqualTo("Valid values are: allow, warn, forbid.");
    }
}
