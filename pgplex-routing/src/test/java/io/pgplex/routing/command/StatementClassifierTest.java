package io.pgplex.routing.command;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.pgplex.routing.command.StatementClass.CreateDistributedTable;
import io.pgplex.routing.command.StatementClass.CreateReplicatedTable;
import io.pgplex.routing.command.StatementClass.Definition;
import io.pgplex.routing.command.StatementClass.Delete;
import io.pgplex.routing.command.StatementClass.Discard;
import io.pgplex.routing.command.StatementClass.DiscoverCluster;
import io.pgplex.routing.command.StatementClass.DropDistributedTable;
import io.pgplex.routing.command.StatementClass.Explain;
import io.pgplex.routing.command.StatementClass.Insert;
import io.pgplex.routing.command.StatementClass.JoinCluster;
import io.pgplex.routing.command.StatementClass.LeaveCluster;
import io.pgplex.routing.command.StatementClass.Query;
import io.pgplex.routing.command.StatementClass.Reset;
import io.pgplex.routing.command.StatementClass.SessionObject;
import io.pgplex.routing.command.StatementClass.SetVariable;
import io.pgplex.routing.command.StatementClass.Show;
import io.pgplex.routing.command.StatementClass.TransactionControl;
import io.pgplex.routing.command.StatementClass.TransactionControl.Kind;
import io.pgplex.routing.command.StatementClass.Update;
import io.pgplex.routing.scan.QuestionMark;
import io.pgplex.routing.scan.SqlSyntaxException;
import io.pgplex.routing.scan.StatementScanner;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class StatementClassifierTest {
    private static StatementClass classify(String sql) {
        return StatementClassifier.classify(StatementScanner.scan(sql).get(0));
    }

    private static TransactionControl control(Kind kind, String modes, @Nullable Boolean readOnly) {
        return new TransactionControl(kind, modes, readOnly, false, null);
    }

    private static TransactionControl control(Kind kind, boolean chain, @Nullable String name) {
        return new TransactionControl(kind, "", null, chain, name);
    }

    @Test
    void tellsQueriesFromModifications() {
        assertThat(classify("/* a */ select 1")).isEqualTo(new Query());
        assertThat(classify("((values (1)) union table t)")).isEqualTo(new Query());
        assertThat(classify("with a as (insert into t values (1) returning *) select * from a"))
                .isEqualTo(new Query());
        assertThat(classify("with a as (select 1), b (x) as materialized (select 2) insert into t table b"))
                .isEqualTo(new Insert());
        assertThat(classify("with recursive a as (select 1) cycle x set y using z delete from t"))
                .isEqualTo(new Delete());
    }

    @Test
    void takesVerbsInNamePlacesForNames() {
        assertThat(classify("with update as (select 1) select * from update")).isEqualTo(new Query());
        assertThat(classify("with recursive insert(a) as (select 1), delete as (select 2) update t set a = 1"))
                .isEqualTo(new Update());
        assertThat(classify("with recursive a as (select 1) search depth first by delete set update select 1"))
                .isEqualTo(new Query());
    }

    @Test
    void readsTransactionControl() {
        assertThat(classify("begin")).isEqualTo(control(Kind.BEGIN, "", null));
        assertThat(classify("BEGIN WORK isolation level repeatable read, read only"))
                .isEqualTo(control(Kind.BEGIN, "isolation level repeatable read, read only", true));
        assertThat(classify("start transaction read write not deferrable"))
                .isEqualTo(control(Kind.BEGIN, "read write not deferrable", false));
        assertThat(classify("end")).isEqualTo(control(Kind.COMMIT, false, null));
        assertThat(classify("commit work and no chain")).isEqualTo(control(Kind.COMMIT, false, null));
        assertThat(classify("abort and chain")).isEqualTo(control(Kind.ROLLBACK, true, null));
        assertThat(classify("savepoint \"A\"")).isEqualTo(control(Kind.SAVEPOINT, false, "A"));
        assertThat(classify("release savepoint A")).isEqualTo(control(Kind.RELEASE, false, "a"));
        assertThat(classify("release savepoint")).isEqualTo(control(Kind.RELEASE, false, "savepoint"));
        assertThat(classify("rollback work to a")).isEqualTo(control(Kind.ROLLBACK_TO, false, "a"));
        assertThat(classify("rollback to savepoint a")).isEqualTo(control(Kind.ROLLBACK_TO, false, "a"));
        assertThat(classify("commit prepared 'x'")).isEqualTo(control(Kind.TWO_PHASE, false, null));
        assertThat(classify("prepare transaction 'x'")).isEqualTo(control(Kind.TWO_PHASE, false, null));
        assertThat(classify("set transaction isolation level serializable read only"))
                .isEqualTo(control(Kind.SET_TRANSACTION, "isolation level serializable read only", true));
        assertThat(classify("set session characteristics as transaction read write"))
                .isEqualTo(control(Kind.SET_SESSION_CHARACTERISTICS, "read write", false));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "start",
                "start foo",
                "begin foo",
                "begin read only,",
                "begin isolation level read",
                "commit foo",
                "commit and",
                "rollback to",
                "rollback to a b",
                "abort to a",
                "savepoint 1",
                "release",
                "commit prepared",
                "prepare transaction x",
                "set transaction",
                "set x",
                "set x =",
                "set x = a b",
                "set x = 1,",
                "set x = - a",
                "set",
                "reset",
                "reset a b",
                "show",
                "show a b",
                "discard",
                "discard foo",
                "explain",
                "explain analyze",
            })
    void refusesMalformedCommandsThatAreNotSentAsTheyAre(String sql) {
        assertThat(catchThrowable(() -> classify(sql))).as(sql).isInstanceOf(SqlSyntaxException.class);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "set Search_Path to a, \"B c\", 'd'|false|search_path|[a, B c, d]",
                "set session work_mem = 100|false|work_mem|[100]",
                "set local my.Var = -1.5|true|my.var|[-1.5]",
                "set extra_float_digits =-1|false|extra_float_digits|[-1]",
                "set x = default|false|x|[]",
                "set time zone 'UTC'|false|timezone|[UTC]",
                "set local time zone -3|true|timezone|[-3]",
                "set time zone local|false|timezone|[]",
                "set names 'utf8'|false|client_encoding|[utf8]",
                "set names|false|client_encoding|[]",
                "set role none|false|role|[none]",
                "set role = 'Bob'|false|role|[Bob]",
                "set session authorization default|false|session_authorization|[]",
                "set local session authorization bob|true|session_authorization|[bob]",
                "set schema 's'|false|search_path|[s]",
                "set xml option content|false|xmloption|[content]",
                "set standard_conforming_strings to ON|false|standard_conforming_strings|[on]",
            })
    void readsSettings(String sql, boolean local, String name, String values) {
        SetVariable set = (SetVariable) classify(sql);
        assertThat(set.local()).isEqualTo(local);
        assertThat(set.name()).isEqualTo(name);
        assertThat(set.values().toString()).isEqualTo(values);
    }

    @Test
    void refusesATimeZoneAsAnInterval() {
        SqlSyntaxException e =
                (SqlSyntaxException) catchThrowable(() -> classify("set time zone interval '1:00' hour to minute"));
        assertThat(e.sqlState()).isEqualTo("0A000");
        assertThat(e.hint()).isNotEmpty();
    }

    @Test
    void readsResetShowAndDiscard() {
        assertThat(classify("reset all")).isEqualTo(new Reset(null));
        assertThat(classify("reset Role")).isEqualTo(new Reset("role"));
        assertThat(classify("reset time zone")).isEqualTo(new Reset("timezone"));
        assertThat(classify("reset pgplex.cross_shard")).isEqualTo(new Reset("pgplex.cross_shard"));
        assertThat(classify("show time zone")).isEqualTo(new Show("timezone"));
        assertThat(classify("show transaction isolation level")).isEqualTo(new Show("transaction_isolation"));
        assertThat(classify("show ALL")).isEqualTo(new Show("all"));
        assertThat(classify("discard temporary")).isEqualTo(new Discard("TEMP"));
    }

    @Test
    void findsTheExplainedStatement() {
        assertThat(classify("explain select 1")).isEqualTo(new Explain("", false, 8));
        assertThat(classify("explain analyze verbose select 1")).isEqualTo(new Explain("analyze verbose", true, 24));
        assertThat(classify("explain (analyze off, costs false) select 1"))
                .isEqualTo(new Explain("(analyze off, costs false)", false, 35));
        assertThat(classify("explain (analyze 'false') select 1"))
                .isEqualTo(new Explain("(analyze 'false')", false, 26));
        assertThat(classify("explain (format json, analyze) (select 1)"))
                .isEqualTo(new Explain("(format json, analyze)", true, 31));
        assertThat(classify("explain (select 1)")).isEqualTo(new Explain("", false, 8));
    }

    @Test
    void readsClusterCommands() {
        assertThat(classify("discover cluster on 'host=a'")).isEqualTo(new DiscoverCluster("host=a"));
        assertThat(classify("JOIN CLUSTER ON E'host=\\'a\\'' AS N1 SHARD \"S1\""))
                .isEqualTo(new JoinCluster("host='a'", "n1", "S1", null, null));
        assertThat(classify("join cluster on 'host=a' replica of n1"))
                .isEqualTo(new JoinCluster("host=a", null, null, null, "n1"));
        assertThat(classify("join cluster on 'host=a' patroni 'batman'"))
                .isEqualTo(new JoinCluster("host=a", null, null, "batman", null));
        assertThat(classify("JOIN CLUSTER ON 'host=a' AS n1 SHARD s1 PATRONI '/db/Bat''man/'"))
                .isEqualTo(new JoinCluster("host=a", "n1", "s1", "/db/Bat'man/", null));
        assertThat(classify("leave cluster")).isEqualTo(new LeaveCluster(null));
        assertThat(classify("leave cluster on n1")).isEqualTo(new LeaveCluster("n1"));
        assertThat(classify("alter cluster rebalance")).isInstanceOf(StatementClass.AlterCluster.class);
        assertThat(classify("alter cluster set snapshot to strict"))
                .isEqualTo(new StatementClass.SetCluster("snapshot", "strict"));
        assertThat(classify("ALTER CLUSTER SET Snapshot = 'global'"))
                .isEqualTo(new StatementClass.SetCluster("snapshot", "global"));
        assertThat(classify("alter cluster reset snapshot")).isEqualTo(new StatementClass.SetCluster("snapshot", null));
        assertThatThrownBy(() -> classify("alter cluster set snapshot strict")).hasMessageContaining("ALTER CLUSTER");
        assertThat(classify("cluster t")).isEqualTo(new Definition());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "discover cluster|17",
                "discover cluster on host|21",
                "join cluster on 'a' as|23",
                "join cluster on 'a' shard s replica of n|29",
                "join cluster on 'a' replica of n patroni 'p'|34",
                "join cluster on 'a' patroni p|29",
                "join cluster on 'a' patroni 'p' shard s|33",
                "leave cluster n1|15",
                "create distributed table t (a int)|35",
                "create distributed table t (a int) by hash (a, b)|46",
                "create distributed table t (a int) by hash (a.b)|48",
                "create distributed table t (a int) by hash ()|45",
                "create distributed table t (a int) by hash (a) colocate with|61",
                "create distributed table t (a int) by hash (a) tablespace x|48",
                "create distributed table t (a int) partition by hash (a)|57",
                "drop distributed table|23",
            })
    void saysWhereAPgplexCommandIsMalformed(String sql, int position) {
        SqlSyntaxException e = (SqlSyntaxException) catchThrowable(() -> classify(sql));
        assertThat(e).as(sql).isNotNull();
        assertThat(e.sqlState()).isEqualTo("42601");
        assertThat(e.position()).isEqualTo(position);
        assertThat(e.hint()).startsWith("The form is");
    }

    @Test
    void readsComparisonsOfCopies() {
        assertThat(classify("compare replicated table Public.\"R\""))
                .isEqualTo(new StatementClass.CompareReplicatedTable(new QualifiedName("public", "R")));
        assertThat(classify("COMPARE TABLE r")).isEqualTo(new StatementClass.Definition());
        assertThatThrownBy(() -> classify("COMPARE REPLICATED TABLE r, s")).hasMessageContaining("syntax error");
        assertThatThrownBy(() -> classify("COMPARE REPLICATED TABLE")).hasMessageContaining("must have a name");
    }

    @Test
    void cutsOutWhatPostgresDoesNotKnow() {
        CreateDistributedTable create = (CreateDistributedTable)
                classify("create distributed table if not exists S.T (\"Id\" bigint, b text) with (fillfactor = 70)"
                        + " /* c */ by hash (\"Id\") colocate with u.v");
        assertThat(create.table()).isEqualTo(new QualifiedName("s", "t"));
        assertThat(create.keyColumn()).isEqualTo("Id");
        assertThat(create.colocateWith()).isEqualTo(new QualifiedName("u", "v"));
        assertThat(create.createTable().text())
                .isEqualTo(
                        "create table if not exists S.T (\"Id\" bigint, b text) with (fillfactor = 70)" + " /* c */");
        assertThat(((CreateReplicatedTable) classify("create replicated table t as select 1"))
                        .createTable()
                        .text())
                .isEqualTo("create table t as select 1");
        assertThat(((DropDistributedTable) classify("drop distributed table if exists a, b cascade"))
                        .dropTable()
                        .text())
                .isEqualTo("drop table if exists a, b cascade");
    }

    @Test
    void keepsPostgresOwnPartitioningAndATableNamedIf() {
        CreateDistributedTable create = (CreateDistributedTable)
                classify("create distributed table if (a int, b int) partition by hash (b) by hash (a)");
        assertThat(create.table().name()).isEqualTo("if");
        assertThat(create.createTable().text()).isEqualTo("create table if (a int, b int) partition by hash (b)");
    }

    @Test
    void keepsQuestionMarkOperatorsOfADefinition() {
        CreateDistributedTable create = (CreateDistributedTable) StatementClassifier.classify(StatementScanner.scan(
                        "create distributed table t (a int, j jsonb check (j ? 'x')) by hash (a)",
                        QuestionMark.OPERATOR)
                .get(0));
        assertThat(create.createTable().parameterCount()).isZero();
    }

    @Test
    void classifiesSessionObjectsAndDefinitions() {
        for (String sql : List.of(
                "copy t from stdin",
                "listen a",
                "declare c cursor for select 1",
                "fetch c",
                "prepare p as select 1",
                "execute p",
                "deallocate p",
                "notify a",
                "move c",
                "close c",
                "unlisten *")) {
            assertThat(classify(sql)).as(sql).isInstanceOf(SessionObject.class);
        }
        for (String sql : List.of(
                "create table t (a int)",
                "vacuum",
                "lock t",
                "truncate t",
                "drop table t",
                "comment on table t is ''",
                "grant select on t to u",
                "analyze t",
                "reindex table t")) {
            assertThat(classify(sql)).as(sql).isEqualTo(new Definition());
        }
    }
}
