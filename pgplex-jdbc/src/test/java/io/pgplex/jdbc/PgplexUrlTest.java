package io.pgplex.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.pgplex.jdbc.PgplexUrl.Address;
import io.pgplex.jdbc.PgplexUrl.Etcd;
import io.pgplex.jdbc.PgplexUrl.Memory;
import java.sql.SQLException;
import java.sql.SQLNonTransientException;
import java.util.List;
import java.util.Properties;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class PgplexUrlTest {

    @Test
    void namesEtcdDatabaseAndCluster() throws SQLException {
        PgplexUrl url = PgplexUrl.parse("jdbc:pgplex://e1:2379,e2:3379/shop@prod?user=ada&maximumPoolSize=5");

        assertThat(url.store()).isEqualTo(new Etcd(List.of(new Address("e1", 2379), new Address("e2", 3379))));
        assertThat(url.database()).isEqualTo("shop");
        assertThat(url.cluster()).isEqualTo("prod");
        assertThat(url.parameters()).containsEntry("user", "ada").containsEntry("maximumPoolSize", "5");
    }

    @Test
    void hasDefaultsForPortAndCluster() throws SQLException {
        PgplexUrl url = PgplexUrl.parse("jdbc:pgplex://etcd/shop");

        assertThat(url.store()).isEqualTo(new Etcd(List.of(new Address("etcd", 2379))));
        assertThat(url.cluster()).isEqualTo("default");
        assertThat(url.parameters()).isEmpty();
    }

    @Test
    void namesAnInMemoryStore() throws SQLException {
        PgplexUrl url = PgplexUrl.parse("jdbc:pgplex:mem:demo/shop?user=ada");

        assertThat(url.store()).isEqualTo(new Memory("demo"));
        assertThat(url.database()).isEqualTo("shop");
    }

    @ParameterizedTest
    @CsvSource({"[::1]:1234,::1,1234", "[fe80::1],fe80::1,2379", "10.0.0.1:1,10.0.0.1,1"})
    void knowsIpv6AndIpv4Addresses(String text, String host, int port) throws SQLException {
        assertThat(PgplexUrl.parse("jdbc:pgplex://" + text + "/d").store())
                .isEqualTo(new Etcd(List.of(new Address(host, port))));
    }

    @Test
    void decodesPercentSigns() throws SQLException {
        PgplexUrl url = PgplexUrl.parse("jdbc:pgplex://e/my%2Fshop%40home@c?password=%26%3D%C3%A9&options=");

        assertThat(url.database()).isEqualTo("my/shop@home");
        assertThat(url.cluster()).isEqualTo("c");
        assertThat(url.parameters()).containsEntry("password", "&=é").containsEntry("options", "");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "jdbc:pgplex:shop|no etcd addresses",
                "jdbc:pgplex:|no etcd addresses",
                "jdbc:pgplex://etcd|no database",
                "jdbc:pgplex://etcd/|no database",
                "jdbc:pgplex://etcd/@c|no database",
                "jdbc:pgplex:///shop|no valid host",
                "jdbc:pgplex://a,,b/shop|no valid host",
                "jdbc:pgplex://:2379/shop|no valid host",
                "jdbc:pgplex://[::1/shop|no valid host",
                "jdbc:pgplex://[::1]x/shop|no valid host",
                "jdbc:pgplex://a:0/shop|no valid port",
                "jdbc:pgplex://a:65536/shop|no valid port",
                "jdbc:pgplex://a:b/shop|no valid port",
                "jdbc:pgplex://::1/shop|no valid host",
                "jdbc:pgplex://fe80::1/shop|no valid port",
                "jdbc:pgplex://u:p@a/shop|hold a user",
                "jdbc:pgplex://a/b/c|holds a slash",
                "jdbc:pgplex://a/shop@|name of the cluster",
                "jdbc:pgplex://a/shop@x%2Fy|name of the cluster",
                "jdbc:pgplex:mem:/shop|name of the in-memory store",
                "jdbc:pgplex:mem:x|no database",
                "jdbc:pgplex://a/shop?=x|has no name",
                "jdbc:pgplex://a/shop?password=se%zzcret|percent sign",
                "jdbc:postgresql://a/shop|does not begin"
            })
    void namesTheWrongPart(String url, String message) {
        assertThatThrownBy(() -> PgplexUrl.parse(url))
                .isInstanceOf(SQLNonTransientException.class)
                .hasFieldOrPropertyWithValue("SQLState", "22023")
                .hasMessageContaining(message)
                .hasMessageContaining("Hint:")
                .hasMessageNotContaining("cret");
    }

    @ParameterizedTest
    @ValueSource(strings = {"jdbc:pgplex://[::1]:1/shop@c", "jdbc:pgplex:mem:demo/shop@default"})
    void printsItselfAsAUrl(String url) throws SQLException {
        assertThat(PgplexUrl.parse(url)).hasToString(url);
    }

    @Test
    void doesNotShowValues() throws SQLException {
        assertThat(PgplexUrl.parse("jdbc:pgplex://e/d?password=secret&etcdPassword=secret")
                        .toString())
                .doesNotContain("secret")
                .contains("password=...");
    }

    @Test
    void putsItsParametersOverProperties() throws SQLException {
        Properties defaults = new Properties();
        defaults.setProperty("user", "ada");
        defaults.setProperty("ApplicationName", "shop");

        Properties properties =
                PgplexUrl.parse("jdbc:pgplex://e/d?user=bob&sslmode=require").over(defaults);
        assertThat(properties)
                .containsEntry("user", "bob")
                .containsEntry("ApplicationName", "shop")
                .containsEntry("sslmode", "require");
        assertThat(defaults).containsEntry("user", "ada");
    }

    @ParameterizedTest
    @CsvSource({
        "maxPoolSize,maximumPoolSize",
        "etcduser,etcdUser",
        "planCachSize,planCacheSize",
        "sslMode,sslmode",
        "applicationName,ApplicationName",
        "crosShard,crossShard"
    })
    void suggestsNearNames(String wrong, String right) {
        assertThatThrownBy(() ->
                        PgplexUrl.parse("jdbc:pgplex://e/d?" + wrong + "=1").over(null))
                .hasFieldOrPropertyWithValue("SQLState", "22023")
                .hasMessageContaining("\"" + wrong + "\"")
                .hasMessageContaining(right);
    }

    @ParameterizedTest
    @ValueSource(strings = {"PGHOST", "PGPORT", "PGDBNAME", "service", "entirelyUnknown"})
    void refusesNamesThatMeanNothingHere(String name) {
        assertThatThrownBy(() ->
                        PgplexUrl.parse("jdbc:pgplex://e/d?" + name + "=1").over(null))
                .hasFieldOrPropertyWithValue("SQLState", "22023")
                .hasMessageContaining(name);
    }
}
