package io.pgplex.jdbc.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.sql.SQLException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ConninfoTest {

    @Test
    void readsKeywordsAndValues() throws SQLException {
        assertThat(Conninfo.parse("host=db1 port=5433 dbname=shop", "x")).isEqualTo(new Conninfo("db1", 5433, "shop"));
        assertThat(Conninfo.parse("  host = db1   port=  5433 ", "x")).isEqualTo(new Conninfo("db1", 5433, "x"));
        assertThat(Conninfo.parse("dbname='my shop\\'s' host=db1", "x"))
                .isEqualTo(new Conninfo("db1", 5432, "my shop's"));
        assertThat(Conninfo.parse("dbname=a\\ b", "x")).isEqualTo(new Conninfo("localhost", 5432, "a b"));
        assertThat(Conninfo.parse("", "x")).isEqualTo(new Conninfo("localhost", 5432, "x"));
    }

    @Test
    void readsUris() throws SQLException {
        assertThat(Conninfo.parse("postgresql://db1:5433/shop", "x")).isEqualTo(new Conninfo("db1", 5433, "shop"));
        assertThat(Conninfo.parse("POSTGRES://db1", "x")).isEqualTo(new Conninfo("db1", 5432, "x"));
        assertThat(Conninfo.parse("postgresql://[::1]:5433/a%20b+c", "x"))
                .isEqualTo(new Conninfo("::1", 5433, "a b+c"));
        assertThat(Conninfo.parse("postgresql:///shop?host=db1&port=1", "x")).isEqualTo(new Conninfo("db1", 1, "shop"));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "host=db1 password=geheim",
                "host=db1 password='geheim geheim'",
                "host=db1 password = geheim geheim",
                "host=db1 user=geheim",
                "host=db1 geheim",
                "host=db1 geheim=1",
                "host=db1 sslmode=geheim",
                "host=db1 port=geheim",
                "host='geheim",
                "postgresql://geheim@db1/d",
                "postgresql://u:geheim@db1/d",
                "postgresql://u:geh@eim:1@db1/d",
                "postgresql://db1/d?password=geheim",
                "postgresql://db1/d?geheim",
                "postgresql://db1/%zzgeheim",
                "postgresql://[::1geheim"
            })
    void refusesWhatANodeCannotHaveWithoutRepeatingIt(String conninfo) {
        SQLException e = catchThrowableOfType(SQLException.class, () -> Conninfo.parse(conninfo, "x"));
        assertThat(e.getSQLState()).isEqualTo("22023");
        assertThat(e.getMessage()).doesNotContain("geheim");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "host=a,b",
                "host=/tmp",
                "port=0",
                "port=65536",
                "port=-1",
                "host='a b'",
                "=x",
                "postgresql://a,b/d"
            })
    void refusesAddressesThatAreNotOneServer(String conninfo) {
        SQLException e = catchThrowableOfType(SQLException.class, () -> Conninfo.parse(conninfo, "x"));
        assertThat(e.getSQLState()).isEqualTo("22023");
    }
}
