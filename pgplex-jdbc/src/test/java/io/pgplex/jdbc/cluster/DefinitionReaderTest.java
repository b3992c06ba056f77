package io.pgplex.jdbc.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import io.pgplex.jdbc.cluster.Definition.Subject;
import io.pgplex.jdbc.cluster.Definition.Trait;
import io.pgplex.routing.scan.StatementScanner;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DefinitionReaderTest {

    private static Definition read(String sql) {
        return DefinitionReader.read(StatementScanner.scan(sql).get(0));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "ALTER TABLE IF EXISTS ONLY a.b ADD COLUMN c int | TABLE | \"a\".\"b\"",
                "ALTER TABLE ONLY.b ADD c int | TABLE | \"only\".\"b\"",
                "alter index a.i rename to j | INDEX | \"a\".\"i\"",
                "ALTER TRIGGER x ON t RENAME TO y | TABLE | \"t\"",
                "DROP TABLE t, \"U\".v CASCADE | TABLE | \"t\" \"U\".\"v\"",
                "DROP TRIGGER IF EXISTS x ON s.t | TABLE | \"s\".\"t\"",
                "DROP INDEX CONCURRENTLY IF EXISTS i | INDEX | \"i\"",
                "DROP VIEW v | VIEW | \"v\"",
                "CREATE UNIQUE INDEX CONCURRENTLY IF NOT EXISTS i ON ONLY t USING btree (a) | INDEX | \"t\"",
                "CREATE INDEX ON s.t (lower(a)) | INDEX | \"s\".\"t\"",
                "CREATE TRIGGER x AFTER UPDATE OF a, b ON t FOR EACH ROW EXECUTE FUNCTION f() | TABLE | \"t\"",
                "CREATE CONSTRAINT TRIGGER x AFTER INSERT ON t DEFERRABLE EXECUTE FUNCTION f() | TABLE | \"t\"",
                "CREATE POLICY p ON t USING (true) | TABLE | \"t\"",
                "CREATE OR REPLACE RULE r AS ON INSERT TO t DO INSTEAD NOTHING | RULE | \"t\"",
                "CREATE STATISTICS st (ndistinct) ON a, b FROM t | STATISTICS | \"t\"",
                "COMMENT ON TABLE t IS 'x' | TABLE | \"t\"",
                "COMMENT ON COLUMN s.t.c IS 'x' | TABLE | \"s\".\"t\"",
                "COMMENT ON CONSTRAINT c ON t IS 'x' | TABLE | \"t\"",
                "COMMENT ON INDEX i IS 'x' | INDEX | \"i\"",
                "GRANT SELECT (a, b), UPDATE ON t, u TO PUBLIC | TABLE | \"t\" \"u\"",
                "GRANT ALL ON TABLE s.t TO x | TABLE | \"s\".\"t\"",
                "REVOKE GRANT OPTION FOR SELECT ON t FROM x | TABLE | \"t\"",
                "GRANT USAGE ON SEQUENCE s TO x | SEQUENCE | \"s\"",
                "TRUNCATE ONLY t *, u RESTART IDENTITY CASCADE | TABLE | \"t\" \"u\"",
                "TRUNCATE TABLE t | TABLE | \"t\"",
                "LOCK t, u IN SHARE MODE NOWAIT | TABLE | \"t\" \"u\"",
                "VACUUM (FULL, ANALYZE) t (a, b), u | TABLE | \"t\" \"u\"",
                "VACUUM FULL VERBOSE t | TABLE | \"t\"",
                "ANALYZE t | TABLE | \"t\"",
                "CLUSTER t USING i | TABLE | \"t\"",
                "CLUSTER i ON t | TABLE | \"t\"",
                "REINDEX (VERBOSE) TABLE t | TABLE | \"t\"",
                "REINDEX INDEX CONCURRENTLY i | INDEX | \"i\""
            })
    void findsTheRelationsThatExistAlready(String sql, Subject subject, String relations) {
        Definition definition = read(sql);
        assertThat(definition.subject()).isEqualTo(subject);
        assertThat(String.join(" ", definition.relations())).isEqualTo(relations);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "CREATE TABLE t (a int REFERENCES u) | TABLE",
                "CREATE FOREIGN TABLE f (a int) SERVER x | FOREIGN_TABLE",
                "CREATE MATERIALIZED VIEW m AS SELECT 1 | MATERIALIZED_VIEW",
                "CREATE TYPE x AS ENUM ('a') | EVERYWHERE",
                "CREATE EXTENSION IF NOT EXISTS citext | EVERYWHERE",
                "CREATE EVENT TRIGGER x ON ddl_command_start EXECUTE FUNCTION f() | EVERYWHERE",
                "CREATE USER MAPPING FOR x SERVER y | EVERYWHERE",
                "CREATE USER x | ROLE",
                "GRANT a TO b | ROLE",
                "GRANT SELECT ON ALL TABLES IN SCHEMA s TO b | EVERYWHERE",
                "GRANT USAGE ON SCHEMA s TO b | EVERYWHERE",
                "GRANT EXECUTE ON FUNCTION f(int) TO b | ROUTINE",
                "CREATE OR REPLACE FUNCTION f() RETURNS int LANGUAGE sql AS 'SELECT 1' | ROUTINE",
                "DROP PROCEDURE p | ROUTINE",
                "CREATE DATABASE d | DATABASE",
                "ALTER SYSTEM SET x = 1 | SERVER",
                "CREATE TABLESPACE x LOCATION '/' | SERVER",
                "DROP OWNED BY x | EVERYWHERE",
                "ALTER DEFAULT PRIVILEGES GRANT SELECT ON TABLES TO x | EVERYWHERE",
                "VACUUM | TABLE",
                "REINDEX DATABASE d | DATABASE",
                "COMMENT ON OPERATOR FAMILY x USING btree IS 'y' | EVERYWHERE"
            })
    void knowsWhatItIsAboutWhereItNamesNoRelation(String sql, Subject subject) {
        Definition definition = read(sql);
        assertThat(definition.subject()).isEqualTo(subject);
        assertThat(definition.relations()).isEmpty();
    }

    @Test
    void namesWhatIsMade() {
        assertThat(read("CREATE TEMP TABLE IF NOT EXISTS s.t (a int)").object()).isEqualTo("\"s\".\"t\"");
        assertThat(read("CREATE OR REPLACE TEMPORARY RECURSIVE VIEW \"V\" (n) AS SELECT 1")
                        .object())
                .isEqualTo("\"V\"");
        assertThat(read("CREATE INDEX i ON t (a)").object()).isEqualTo("\"i\"");
        assertThat(read("CREATE INDEX ON t (a)").object()).isEmpty();
        assertThat(read("CREATE TABLE db.s.t (a int)").object()).isEqualTo("\"s\".\"t\"");
    }

    @Test
    void readsTraits() {
        assertThat(read("CREATE UNIQUE INDEX CONCURRENTLY i ON t (a)").traits())
                .isEqualTo(List.of(Trait.UNIQUE, Trait.CONCURRENTLY));
        assertThat(read("CREATE SCHEMA s CREATE TABLE t (a int)").has(Trait.ELEMENTS))
                .isTrue();
        assertThat(read("CREATE SCHEMA s").has(Trait.ELEMENTS)).isFalse();
        assertThat(read("DROP SCHEMA s CASCADE").has(Trait.CASCADE)).isTrue();
    }
}
