package io.pgplex.jdbc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.sql.DriverManager;
import java.sql.DriverPropertyInfo;
import java.sql.SQLException;
import java.sql.SQLFeatureNotSupportedException;
import java.util.Arrays;
import java.util.Properties;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class PgplexDriverTest {

    private static final String URL = "jdbc:pgplex:mem:driver/shop?user=ada";

    private final AtomicReference<Properties> opened = new AtomicReference<>();
    private final PgplexDriver driver = new PgplexDriver((url, properties) -> {
        opened.set(properties);
        throw new SQLException("opened " + url);
    });

    @Test
    void isFoundByDriverManager() throws SQLException {
        assertThat(DriverManager.getDriver(URL)).isInstanceOf(PgplexDriver.class);
        assertThat(DriverManager.getDriver("jdbc:postgresql://h/d")).isNotInstanceOf(PgplexDriver.class);
    }

    @Test
    void leavesOtherUrlsToOtherDrivers() throws SQLException {
        assertThat(driver.connect("jdbc:postgresql://h/d", new Properties())).isNull();
        assertThat(driver.acceptsURL("jdbc:postgresql://h/d")).isFalse();
        assertThat(driver.acceptsURL(null)).isFalse();
    }

    @Test
    void opensItsOwnUrls() {
        Properties info = new Properties();
        info.setProperty("password", "secret");

        assertThatThrownBy(() -> driver.connect(URL, info))
                .hasMessageStartingWith("opened jdbc:pgplex:mem:driver/shop");
        assertThat(opened.get()).containsEntry("user", "ada").containsEntry("password", "secret");
    }

    @Test
    void doesNotOpenWrongUrls() {
        assertThatThrownBy(() -> driver.connect("jdbc:pgplex:x", null))
                .hasFieldOrPropertyWithValue("SQLState", "22023");
        assertThatThrownBy(() -> driver.connect(null, null)).hasFieldOrPropertyWithValue("SQLState", "22023");
        assertThatThrownBy(() -> driver.connect(URL + "&crossShard=no", null))
                .hasFieldOrPropertyWithValue("SQLState", "22023");
        assertThat(opened.get()).isNull();
    }

    @Test
    void takesTheLoginTimeoutOfDriverManagerWhereThereIsNoOther() {
        DriverManager.setLoginTimeout(7);
        try {
            assertThatThrownBy(() -> driver.connect(URL, null)).isInstanceOf(SQLException.class);
            assertThat(opened.get()).containsEntry("loginTimeout", "7");
            assertThatThrownBy(() -> driver.connect(URL + "&loginTimeout=3", null))
                    .isInstanceOf(SQLException.class);
            assertThat(opened.get()).containsEntry("loginTimeout", "3");
        } finally {
            DriverManager.setLoginTimeout(0);
        }
    }

    @Test
    void describesItsPropertiesAndPgjdbcs() throws SQLException {
        DriverPropertyInfo[] infos = driver.getPropertyInfo(URL + "&password=secret", new Properties());

        assertThat(Arrays.stream(infos).map(info -> info.name))
                .contains("maximumPoolSize", "sslmode", "ApplicationName")
                .doesNotContain("PGHOST")
                .doesNotHaveDuplicates();
        assertThat(Arrays.stream(infos).map(info -> info.value)).contains("ada").doesNotContain("secret");
    }

    @Test
    void hasNoParentLogger() {
        assertThatThrownBy(driver::getParentLogger).isInstanceOf(SQLFeatureNotSupportedException.class);
        assertThat(driver.jdbcCompliant()).isFalse();
    }
}
