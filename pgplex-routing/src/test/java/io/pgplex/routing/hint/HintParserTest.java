package io.pgplex.routing.hint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.pgplex.routing.hint.Hints.Consistency;
import io.pgplex.routing.hint.Hints.CrossShard;
import io.pgplex.routing.hint.Hints.Intent;
import io.pgplex.routing.hint.Hints.Reads;
import io.pgplex.routing.scan.StatementScanner;
import java.util.List;
import org.jspecify.annotations.Nullable;
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

    private static Hints placed(
            @Nullable String shard, @Nullable String key, boolean keyQuoted, @Nullable CrossShard crossShard) {
        return new Hints(shard, key, keyQuoted, crossShard, null, Reads.UNSAID);
    }

    @Test
    void readsBothForms() {
        assertThat(hints("--!pgplex shard=s1, cross_shard = Forbid\nselect 1"))
                .isEqualTo(placed("s1", null, false, CrossShard.FORBID));
        assertThat(hints("select /*!pgplex key='it''s, a' */ 1")).isEqualTo(placed(null, "it's, a", true, null));
        assertThat(hints("select 1 /*!PGPLEX\n\tSHARD = s1\n cross_shard='warn'*/"))
                .isEqualTo(placed("s1", null, false, CrossShard.WARN));
    }

    @Test
    void keepsWhetherTheKeyWasQuoted() {
        assertThat(hints("/*!pgplex key=-42*/ select 1")).isEqualTo(placed(null, "-42", false, null));
        assertThat(hints("/*!pgplex key='42'*/ select 1")).isEqualTo(placed(null, "42", true, null));
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
    void readsWhichNodesMayAnswer() {
        assertThat(hints("/*!pgplex intent=Prefer-Replica, max_lag=500ms */ select 1")
                        .reads())
                .isEqualTo(new Reads(Intent.PREFER_REPLICA, new MaxLag(500, Long.MAX_VALUE), null, null, null));
        assertThat(hints("--!pgplex consistency=eventual zone='eu west', max_lag='16 MB'\nselect 1")
                        .reads())
                .isEqualTo(
                        new Reads(null, new MaxLag(Long.MAX_VALUE, 16L << 20), Consistency.EVENTUAL, "eu west", null));
        assertThat(hints("/*!pgplex node=pg1_r1 intent=read-only max_lag=none */ select 1")
                        .reads())
                .isEqualTo(new Reads(Intent.READ_ONLY, MaxLag.NONE, null, null, "pg1_r1"));
        assertThat(hints("--!pgplex shard=s1\nselect 1").reads()).isSameAs(Reads.UNSAID);
    }

    @ParameterizedTest
    @CsvSource({
        "intent=readonly, 'Valid values are: read-write, read-only, prefer-replica.'",
        "consistency=strong, 'Valid values are: session, eventual.'",
        "max_lag=5, 'Valid values are: a time such as 500ms, 2s or 1min, a size such as 16MB, or none.'",
        "max_lag=-1s, 'Valid values are: a time such as 500ms, 2s or 1min, a size such as 16MB, or none.'",
        "max_lag=s, 'Valid values are: a time such as 500ms, 2s or 1min, a size such as 16MB, or none.'",
        "max_lag=1mb, 'Valid values are: a time such as 500ms, 2s or 1min, a size such as 16MB, or none.'"
    })
    void listsTheValidValuesOfReads(String hint, String valid) {
        HintException e = error("--!pgplex " + hint);

        assertThat(e.sqlState()).isEqualTo("22023");
        assertThat(e.hint()).isEqualTo(valid);
    }

    @Test
    void knowsPostgresqlsUnits() {
        assertThat(MaxLag.parse("0ms")).isEqualTo(new MaxLag(0, Long.MAX_VALUE));
        assertThat(MaxLag.parse("1.5s")).isEqualTo(new MaxLag(1500, Long.MAX_VALUE));
        assertThat(MaxLag.parse("2min")).isEqualTo(new MaxLag(120_000, Long.MAX_VALUE));
        assertThat(MaxLag.parse("1 h")).isEqualTo(new MaxLag(3_600_000, Long.MAX_VALUE));
        assertThat(MaxLag.parse("100B")).isEqualTo(new MaxLag(Long.MAX_VALUE, 100));
        assertThat(MaxLag.parse("8kB")).isEqualTo(new MaxLag(Long.MAX_VALUE, 8192));
        assertThat(MaxLag.parse("999999999999TB")).isEqualTo(MaxLag.NONE);
        assertThat(MaxLag.parse("٣s")).isNull();
    }

    @Test
    void addsSeveralHintsUp() {
        assertThat(hints("--!pgplex shard=s1\n/*!pgplex cross_shard=allow*/ select 1 --!pgplex shard=s1"))
                .isEqualTo(placed("s1", null, false, CrossShard.ALLOW));
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
                .isEqualTo(
                        "Valid options are: shard, key, cross_shard, snapshot, intent, max_lag, consistency, zone, node.");
        assertThat(error("--!pgplex cross_shard=x").hint()).isEqualTo("Valid values are: allow, warn, forbid.");
    }
}
